import { readFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { writeWhole } from "../files/write";
import type { LogStore } from "../rpc/logs";

/** Version of the file format; files of other versions are ignored. */
const VERSION = 2;

const keptSchema = z.object({
  version: z.literal(VERSION),
  upTo: z.int().min(0),
  since: z.int(),
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

/**
 * Creates a cache of logs in a folder that may be deleted at any time. A folder that cannot be written to is
 * reported once, and the logs are read from the chains again in the next run.
 */
export function fileLogStore(folder: string, log: (text: string) => void): LogStore {
  let isReported = false;
  const file = (key: string) => path.join(folder, `${key}.json`);
  return {
    load: (key) => {
      try {
        return keptSchema.parse(JSON.parse(readFileSync(file(key), "utf8")));
      } catch {
        return undefined;
      }
    },
    save: (key, kept) => {
      try {
        writeWhole(file(key), JSON.stringify({ version: VERSION, ...kept }));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (!isReported) log(`nothing is kept for the next run, which reads it again: ${reason}`);
        isReported = true;
      }
    },
  };
}
