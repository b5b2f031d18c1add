import path from "node:path";

import { OperatorError } from "../core/errors";
import { readJsonFile } from "../files/json";

import { layoutSchema } from "./layout";
import type { Layout } from "./layout";

/** The contracts behind proxies whose layouts are kept in git. */
export const UPGRADEABLE = ["RebaseToken"] as const;

/** The file in git that keeps the layout of a contract. */
export function layoutFile(contract: string): string {
  return path.resolve(__dirname, `../../config/layouts/${contract}.json`);
}

/** Where a contract keeps what, as it is kept in git: what proxies on chains rely on. */
export function committedLayout(contract: string): Layout {
  const file = layoutFile(contract);
  const layout = readJsonFile(file, layoutSchema, {
    what: "layout of a contract",
    recovery: `Get it back with "git restore config/layouts/${contract}.json"`,
  });
  if (layout) return layout;
  throw new OperatorError("FILE_MISSING", `There is no layout in ${file}: get it back with "git restore config/layouts".`);
}
