import { liveChain } from "../../core/chains";

/** Where CCIP's explorer shows a message; undefined for chains that it does not know. */
export function explorerLink(source: string, messageId: string): string | undefined {
  return liveChain(source) && `https://ccip.chain.link/msg/${messageId}`;
}
