import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import type { LogStore } from "../rpc/logs";

const keptSchema = z.object({
  upTo: z.int().min(0),
  logs: z.array(
    z.object({
      address: z.string(),
      topics: z.array(z.string()),
      data: z.string(),
      blockNumber: z.int(),
      index: z.int(),
      transactionHash: z.string(),
    }),
  ),
});

/** Keeps logs in files of a folder that may be deleted at any time. */
export function fileLogStore(folder: string): LogStore {
  const file = (key: string) => path.join(folder, `${key}.json`);
  return {
    load: (key) => {
      try {
        return keptSchema.parse(JSON.parse(readFileSync(file(key), "utf8")));
      } catch {
        return undefined;
      }
    },
    save: (key, upTo, logs) => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file(key), JSON.stringify({ upTo, logs }));
    },
  };
}
