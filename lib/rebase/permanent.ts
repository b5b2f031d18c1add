import { isPermanent as isPermanentRevert } from "../core/reasons/catalogue";
import { decode } from "../core/revert/revertChain";

/** Returns whether a rejected broadcast fails again until its cause is fixed. */
export function isPermanent(revertData: string): boolean {
  return isPermanentRevert(decode(revertData));
}
