import { concat, dataLength, toBeHex } from "ethers";

import { POOL_DATA_VERSION } from "../../lib/bridge/poolData";
import type { PoolData } from "../../lib/bridge/poolData";
import type { SentTransfer } from "../../lib/bridge/transfer";
import type { MeshChain } from "../../lib/mesh/mesh";
import { ForgingTokenPool__factory } from "../../typechain-types";

import { mined } from "./scenario";
import type { Route, Scenario } from "./scenario";

/** The satellite's own pool, at its own address, now sends what it is told to and burns nothing. */
export async function corrupt(s: Scenario, chain: MeshChain, data: string): Promise<void> {
  const { provider } = s.ccipChain(chain);
  const { token, pool } = chain.contracts;
  const forging = await new ForgingTokenPool__factory(s.signer(chain, "carol")).deploy(
    token,
    chain.ccip.rmnProxy,
    chain.ccip.router,
  );
  await forging.waitForDeployment();
  const code = await provider.getCode(forging);
  await provider.send("hardhat_setCode", [pool, code]);
  await mined(ForgingTokenPool__factory.connect(pool, s.signer(chain, "carol")).setForgery(data));
}

/** Carol sends one unit whose pool data says something else, and the DON commits it. */
export async function forge(s: Scenario, route: Route, data: string): Promise<SentTransfer> {
  await corrupt(s, route.from, data);
  // Longer data needs an agreement with CCIP; suppose that there were one.
  if (dataLength(data) > 32) await s.grant(route, { dataBytes: dataLength(data) });
  const sent = await s.send(route, "carol", 1n);
  await s.commit(route);
  return sent;
}

/** A word such as an honest pool packs, but for what is named. */
export function forgedWord(fields: Partial<PoolData>): string {
  const { version = POOL_DATA_VERSION, decimals = 18, epoch = 1n, shares = 1n } = fields;
  return concat([
    toBeHex(version, 1),
    toBeHex(decimals, 1),
    toBeHex(epoch, 4),
    toBeHex(shares, 26),
  ]);
}

/** Bytes that begin like an honest word. */
export function forgedBytes(length: number): string {
  return toBeHex((1n << 8n) | 18n, 2).padEnd(2 + 2 * length, "0");
}
