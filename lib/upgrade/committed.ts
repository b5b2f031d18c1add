import { readFileSync } from "node:fs";
import path from "node:path";

import { parseLayout } from "./layout";
import type { Layout } from "./layout";

/** The contracts behind proxies whose layouts are kept in git. */
export const UPGRADEABLE = ["RebaseToken"] as const;

/** The file in git that keeps the layout of a contract. */
export function layoutFile(contract: string): string {
  return path.resolve(__dirname, `../../config/layouts/${contract}.json`);
}

/** Where a contract keeps what, as it is kept in git: what proxies on chains rely on. */
export function committedLayout(contract: string): Layout {
  return parseLayout(readFileSync(layoutFile(contract), "utf8"));
}
