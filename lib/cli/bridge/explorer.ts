import { liveChain } from "../../core/chains";

/** Returns the URL of a message in CCIP's explorer; undefined for chains that it does not list. */
export function explorerLink(source: string, messageId: string): string | undefined {
  return liveChain(source) && `https://ccip.chain.link/msg/${messageId}`;
}
