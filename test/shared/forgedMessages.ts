import { concat, dataLength, toBeHex } from "ethers";
import type { Signer } from "ethers";
import { call, sendAll } from "ccip-localnet";
import { encodeAddress, messagesIn, released, toRouterMessage } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import type { PoolData } from "../../lib/ccip/poolData";
import type { SentTransfer } from "../../lib/demo/transactions";
import type { MeshChain } from "../../lib/core/mesh/mesh";
import { ForgingTokenPool__factory, WETH9__factory } from "../../typechain-types";

import { mined } from "./scenario";
import type { Route, Scenario } from "./scenario";

/** Makes the satellite's own pool, at its own address, send the given pool data and burn nothing. */
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
  await s.verify(route);
  return sent;
}

/**
 * Registers a third party's token and pool in CCIP, as anyone may, and sends one unit of it; its
 * pool names the token of the mesh as the arriving token.
 */
export async function impose(s: Scenario, { from, to }: Route, data: string): Promise<Message> {
  const thirdParty = s.signer(from, "thirdParty");
  const { ccip, owner } = s.ccipChain(from);
  const token = await new WETH9__factory(thirdParty).deploy();
  await token.waitForDeployment();
  await mined(token.deposit({ value: 1n }));
  await mined(token.approve(ccip.router, 1n));
  const pool = await thirdPartyPool(thirdParty, await token.getAddress(), from, to);
  await mined(pool.setForgery(data));
  const registry = (name: string, ...rest: unknown[]) =>
    call(ccip, "tokenAdminRegistry", name, [token.target, ...rest]);
  await sendAll(owner, [registry("proposeAdministrator", await thirdParty.getAddress())]);
  await sendAll(thirdParty, [registry("acceptAdminRole"), registry("setPool", pool.target)]);

  const router = released("router").interface;
  const message = toRouterMessage({
    receiver: s.address("thirdParty"),
    tokens: [{ token: await token.getAddress(), amount: 1n }],
  });
  const fee = await from.provider.call({
    to: ccip.router,
    data: router.encodeFunctionData("getFee", [to.selector, message]),
  });
  const receipts = await sendAll(thirdParty, [
    {
      label: "ccipSend",
      to: ccip.router,
      value: BigInt(fee),
      data: router.encodeFunctionData("ccipSend", [to.selector, message]),
      gasLimit: 1_000_000n,
    },
  ]);
  const [sent] = receipts.flatMap((receipt) => messagesIn(receipt));
  if (!sent) throw new Error("The third party sent nothing.");
  return sent;
}

async function thirdPartyPool(thirdParty: Signer, token: string, from: MeshChain, to: MeshChain) {
  const pool = await new ForgingTokenPool__factory(thirdParty).deploy(
    token,
    from.ccip.rmnProxy,
    from.ccip.router,
  );
  await pool.waitForDeployment();
  const unlimited = { isEnabled: false, capacity: 0n, rate: 0n };
  const update = {
    remoteChainSelector: to.selector,
    remotePoolAddresses: [encodeAddress(to.contracts.pool)],
    remoteTokenAddress: encodeAddress(to.contracts.token),
    outboundRateLimiterConfig: unlimited,
    inboundRateLimiterConfig: unlimited,
  };
  await mined(pool.applyChainUpdates([], [update]));
  return pool;
}

/** A word such as an honest pool packs, but for what is named. */
export function forgedWord(fields: Partial<PoolData> & { readonly version?: number }): string {
  const { version = 1, decimals = 18, epoch = 1n, shares = 1n } = fields;
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
