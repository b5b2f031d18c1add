import { useQuery } from "@tanstack/react-query";

import { hex } from "../deployments";
import type { DeployedChain } from "../deployments";
import { isContract } from "../model/receiver";
import type { HasCode } from "../model/receiver";
import { clientOf } from "./client";

/** Reads whether an address has code on two chains; undefined while loading. */
export function useReceiverCode(
  receiver: string | undefined,
  source: DeployedChain,
  destination: DeployedChain | undefined,
): { readonly here: HasCode; readonly there: HasCode } | undefined {
  const { data } = useQuery({
    queryKey: ["code", receiver, source.name, destination?.name],
    enabled: receiver !== undefined && destination !== undefined,
    refetchInterval: 30_000,
    queryFn: async () => {
      if (receiver === undefined || !destination) throw new Error("There is nobody to look at.");
      const at = (chain: DeployedChain): Promise<HasCode> =>
        clientOf(chain)
          .getCode({ address: hex(receiver) })
          .then(isContract)
          .catch(() => undefined);
      const [here, there] = await Promise.all([at(source), at(destination)]);
      return { here, there };
    },
  });
  return data;
}
