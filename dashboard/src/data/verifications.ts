import { useQuery } from "@tanstack/react-query";
import { z } from "zod";
import type { Verification } from "ccip-localnet/protocol";

import type { MeshDescription } from "../deployments";

const verifications = z.array(z.object({ verifier: z.string(), results: z.string() }));

/** Reads the results of CCIP 2.0 verifiers for a message, where they are published beside the page. */
export async function verificationsOf(messageId: string): Promise<readonly Verification[]> {
  const response = await fetch(`./verifications/${messageId}.json`, { cache: "no-cache" });
  if (!response.ok)
    throw new Error(`The page's host gives no verifier results: ${response.status}.`);
  return verifications.parse(await response.json());
}

/** Polls which of some messages have verifier results. */
export function useVerified(
  { publishesVerifications }: MeshDescription,
  messageIds: readonly string[],
): ReadonlySet<string> {
  const { data = NONE } = useQuery({
    queryKey: ["verified", messageIds.join()],
    enabled: publishesVerifications && messageIds.length > 0,
    refetchInterval: 2_000,
    queryFn: async () => {
      const answered = await Promise.all(
        messageIds.map(async (id) => ((await verificationsOf(id)).length > 0 ? [id] : [])),
      );
      return new Set(answered.flat());
    },
  });
  return data;
}

const NONE: ReadonlySet<string> = new Set();
