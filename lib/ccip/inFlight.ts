import type { Execution, Message } from "ccip-localnet/protocol";

import { contentOf } from "./content";

/** Shares that left one chain and have not arrived on the other. */
export interface ShareMessage {
  readonly messageId: string;
  readonly source: string;
  readonly destination: string;
  /** Undefined when the pool data is of no kind that is known here. */
  readonly shares: bigint | undefined;
}

/** What has to be known of a chain to count the shares that travel to and from it. */
export interface ShareSite {
  readonly name: string;
  /** CCIP chain selector. */
  readonly selector: bigint;
  readonly contracts: { readonly pool: string };
  /** Pools of the token that the present one has replaced. */
  readonly previousPools?: readonly string[];
}

/** What the ramps of a chain have said, whatever lanes they are of. */
export interface ShareJournal {
  /** Oldest first. */
  readonly sent: readonly Message[];
  /** The last execution of each message, by its id. */
  readonly executions: ReadonlyMap<string, Pick<Execution, "state">>;
}

/**
 * The shares in flight, message by message: sent and not executed with success, oldest first on
 * each lane. What a stranger's pool sends is not counted, whatever it claims to bring.
 * @param journals by CCIP selector; a chain without one counts as silent.
 */
export function sharesInFlight(
  chains: readonly ShareSite[],
  journals: ReadonlyMap<bigint, ShareJournal>,
): ShareMessage[] {
  return chains.flatMap((source) => {
    const pools = [source.contracts.pool, ...(source.previousPools ?? [])];
    return chains
      .filter((destination) => destination !== source)
      .flatMap((destination) => {
        const arrived = journals.get(destination.selector);
        const sent = journals.get(source.selector)?.sent ?? [];
        return sent
          .filter(({ destinationSelector }) => destinationSelector === destination.selector)
          .filter(({ messageId }) => arrived?.executions.get(messageId)?.state !== "success")
          .flatMap((message) => {
            const content = contentOf(message, pools);
            return content
              ? [
                  {
                    messageId: message.messageId,
                    source: source.name,
                    destination: destination.name,
                    shares: content.shares,
                  },
                ]
              : [];
          });
      });
  });
}
