import { createServer } from "node:net";

import { MAX_LOCAL_CHAINS } from "../../config/localChains";
import { parseWhole } from "../core/input/decimal";

/** Ports of a local network. */
export interface Ports {
  /** Port of the home chain, the satellites take the next ones; 0 takes free ones. */
  readonly chains: number;
  readonly dashboard: number;
}

/** Port of the home chain unless another one is named: the one that Hardhat's and Foundry's nodes use. */
export const DEFAULT_PORT = 8_545;

const FREE: Ports = { chains: 0, dashboard: 0 };

/**
 * Reads the port of the home chain as it is typed; undefined where none is.
 * @throws InputError when there are not enough ports from it on.
 */
export function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const most = BigInt(65_535 - MAX_LOCAL_CHAINS);
  return Number(parseWhole(text, { most, option: "--port" }));
}

/**
 * Returns the ports of a local network. The dashboard's comes after those of the maximum number of chains, so that it
 * does not depend on their number.
 * @param requested port of the home chain; unless named, the default ones, or free ones where one of those is taken.
 */
export async function choosePorts(
  requested: number | undefined,
  chainCount: number,
  log: (line: string) => void,
): Promise<Ports> {
  const first = requested ?? DEFAULT_PORT;
  if (first === 0) return FREE;
  const ports = { chains: first, dashboard: first + MAX_LOCAL_CHAINS };
  if (requested !== undefined) return ports;
  const wanted = [...Array.from({ length: chainCount }, (_, i) => first + i), ports.dashboard];
  const taken = (await Promise.all(wanted.map(isTaken))).findIndex(Boolean);
  if (taken === -1) return ports;
  log(`Port ${wanted[taken]} is taken, so free ports are used. Choose stable ones with --port.`);
  return FREE;
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(true));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(false)));
  });
}
