import { isPermanent as isPermanentRevert } from "../core/reasons/catalogue";
import { decode } from "../core/revert/revertChain";

/** Whether no retry of a refused broadcast helps until something is fixed. */
export function isPermanent(revertData: string): boolean {
  return isPermanentRevert(decode(revertData));
}
