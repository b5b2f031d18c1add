import type { Execution, Message } from "ccip-localnet/protocol";

import { contentOf } from "ccip/poolData";

/** Shares that left one chain and have not arrived on the other. */
export interface ShareMessage {
  readonly messageId: string;
  readonly source: string;
  readonly destination: string;
  /** Undefined when the pool data is of no kind that is known here. */
  readonly shares: bigint | undefined;
}

/** The part of a chain that is needed to count the shares that travel to and from it. */
export interface ShareSite {
  readonly name: string;
  /** CCIP chain selector. */
  readonly selector: bigint;
  readonly contracts: { readonly pool: string };
  /** Pools of the token that the present one has replaced. */
  readonly previousPools?: readonly string[];
}

/** Messages and executions that the ramps of a chain have logged, on any lane. */
export interface ShareJournal {
  /** Oldest first. */
  readonly sent: readonly Message[];
  /** The last execution of each message, by its id. */
  readonly executions: ReadonlyMap<string, Pick<Execution, "state">>;
}

/**
 * The shares in flight, message by message: sent and not executed with success, oldest first on
 * each lane. Messages from pools of third parties are not counted.
 * @param journals by CCIP selector; a chain without one counts as without messages.
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
