import type { LaneOptions } from "ccip-localnet";
import { parseCcipVersion } from "ccip-localnet/protocol";
import type { CcipVersion } from "ccip-localnet/protocol";

import { OperatorError } from "../core/errors";

/** The versions of CCIP that the lanes of a local network run. */
export interface LaneVersions {
  /** Of every lane that `lanes` does not name. */
  readonly ccip: CcipVersion;
  readonly lanes: readonly LaneOptions[];
}

/**
 * Reads versions as they are typed: `2.0`, or `2.0,local-sat2=1.6` where every lane to and from
 * local-sat2 runs 1.6.
 * @param chains names of the chains that run.
 * @throws naming what is wrong, and what may be written.
 */
export function parseLaneVersions(text: string, chains: readonly string[]): LaneVersions {
  const [first = "", ...exceptions] = text.split(",").map((part) => part.trim());
  const versions = new Map<string, CcipVersion>();
  for (const exception of exceptions) {
    const [name = "", version = ""] = exception.split("=");
    if (!chains.includes(name)) {
      throw new OperatorError(
        "INVALID_OPTION",
        `"${exception}" names no chain of the local network and its version: write <chain>=<version> with one of ${chains.join(", ")}.`,
      );
    }
    versions.set(name, parseCcipVersion(version));
  }
  const lanes = chains.flatMap((from, i) =>
    chains.slice(i + 1).flatMap((to): LaneOptions[] => {
      const [ccip = versions.get(to), other = ccip] = [versions.get(from), versions.get(to)];
      if (ccip === undefined) return [];
      if (other === ccip) return [{ from, to, ccip }];
      throw new OperatorError(
        "INVALID_OPTION",
        `The lane between ${from} and ${to} cannot run CCIP ${ccip} and CCIP ${other}: name one version for both chains, or leave one of them out.`,
      );
    }),
  );
  return { ccip: parseCcipVersion(first), lanes };
}
