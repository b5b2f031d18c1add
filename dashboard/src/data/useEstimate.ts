import { useQuery } from "@tanstack/react-query";

import { knownOf } from "../model/reading";

import type { DeployedChain } from "../deployments";
import { estimateText, pastTimes } from "../model/estimate";
import { clientOf } from "./client";
import { useMesh } from "./mesh";
import { outgoingVersion } from "./ramps";

const REFRESH_MS = 60_000;

/** Returns the expected arrival time of a message over a lane, as text; undefined while loading. */
export function useEstimate(
  source: DeployedChain,
  destination: DeployedChain | undefined,
): string | undefined {
  const { mesh, messages } = useMesh();
  const { data } = useQuery({
    queryKey: ["estimate", source.name, destination?.name],
    enabled: destination !== undefined,
    refetchInterval: REFRESH_MS,
    queryFn: async () => {
      if (!destination) throw new Error("There is no lane.");
      const [version, finality] = await Promise.all([
        outgoingVersion(source, destination),
        // CCIP on a local network does not wait for finality.
        mesh.live ? finalityOf(source) : undefined,
      ]);
      return { version, finality };
    },
  });
  if (!data || !destination) return undefined;
  const { version, finality } = data;
  if (!version) return "unknown: the lane's OnRamp is of a version that is not known here";
  const lane = { source: source.name, destination: destination.name, version };
  return estimateText(lane, pastTimes(lane, knownOf(messages)), finality);
}

/**
 * Reads how many seconds the finalized block is behind the newest one; undefined if the endpoint does not support
 * it.
 */
async function finalityOf(chain: DeployedChain): Promise<number | undefined> {
  const client = clientOf(chain);
  const latest = await client.getBlock({ blockTag: "latest" });
  const finalized = await client.getBlock({ blockTag: "finalized" }).catch(() => undefined);
  return finalized && Number(latest.timestamp - finalized.timestamp);
}
