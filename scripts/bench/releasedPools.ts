import { ZeroAddress } from "ethers";
import { deployContract, localAccount, sendAll } from "ccip-localnet";
import type { LabelledTransaction } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import { encodeAddress, released } from "ccip-localnet/protocol";
import type { CcipChain, CcipVersion, ContractCode } from "ccip-localnet/protocol";

import { inboundLimit, outboundLimit } from "../../lib/core/mesh/limit";
import type { Scenario } from "../../test/shared/scenario";

import { CHAINLINK_TOKEN, releasedAt } from "./peers";

/** A token and its pool on one chain. */
export interface PooledToken {
  readonly token: string;
  readonly pool: string;
}

/** A token at both ends of the lane that is measured. */
export interface BridgedToken {
  readonly source: PooledToken;
  readonly destination: PooledToken;
}

/** Chainlink's BurnMintTokenPool of the generation of each version, and its third argument: no list of senders, no hooks. */
const POOLS: Readonly<Record<CcipVersion, readonly [code: ContractCode, third: unknown]>> = {
  "1.6": [releasedAt("v1_6_1/burn_mint_token_pool"), []],
  "2.0": [releasedAt("v2_0_0/burn_mint_token_pool"), ZeroAddress],
};

/**
 * Deploys Chainlink's token and its BurnMintTokenPool at home and on the first satellite, with the rate limits of
 * our pools.
 * @param supply initial balance of the holder at home.
 */
export async function deployReleasedPools(
  s: Scenario,
  holder: string,
  supply: bigint,
): Promise<BridgedToken> {
  const [home, satellite] = [s.ccipChain(s.home), s.ccipChain(s.sat1)];
  const source = await deployOn(home);
  const destination = await deployOn(satellite);
  const limits = {
    outboundRateLimiterConfig: outboundLimit(s.mesh.config),
    inboundRateLimiterConfig: inboundLimit(s.mesh.config),
  };
  await sendAll(ownerOn(home), [
    ...registration(home, source),
    chainUpdate(home, source, satellite, destination, limits),
    callTo(source.token, CHAINLINK_TOKEN, "grantMintAndBurnRoles", [ownerOn(home).address]),
    callTo(source.token, CHAINLINK_TOKEN, "mint", [holder, supply]),
  ]);
  await sendAll(ownerOn(satellite), [
    ...registration(satellite, destination),
    chainUpdate(satellite, destination, home, source, limits),
  ]);
  return { source, destination };
}

async function deployOn(chain: CcipChain): Promise<PooledToken> {
  const owner = ownerOn(chain);
  const { rmnProxy, router, version } = chain.ccip;
  const token = await deployContract(owner, CHAINLINK_TOKEN, [
    ...["Peer", "PEER", 18, 0n, 0n, owner.address],
  ]);
  const [code, third] = POOLS[version];
  const pool = await deployContract(owner, code, [token, 18, third, rmnProxy, router]);
  return { token, pool };
}

function registration({ ccip }: CcipChain, { token, pool }: PooledToken): LabelledTransaction[] {
  const registry = released("tokenAdminRegistry");
  return [
    callTo(token, CHAINLINK_TOKEN, "grantMintAndBurnRoles", [pool]),
    callTo(ccip.registryModule, released("registryModule"), "registerAdminViaOwner", [token]),
    callTo(ccip.tokenAdminRegistry, registry, "acceptAdminRole", [token]),
    callTo(ccip.tokenAdminRegistry, registry, "setPool", [token, pool]),
  ];
}

function chainUpdate(
  { ccip }: CcipChain,
  own: PooledToken,
  remote: CcipChain,
  { token, pool }: PooledToken,
  limits: Readonly<Record<string, unknown>>,
): LabelledTransaction {
  const update = {
    remoteChainSelector: remote.selector,
    remotePoolAddresses: [encodeAddress(pool)],
    remoteTokenAddress: encodeAddress(token),
    ...limits,
  };
  return callTo(own.pool, POOLS[ccip.version][0], "applyChainUpdates", [[], [update]]);
}

function callTo(
  to: string,
  { name: contract, interface: abi }: ContractCode,
  name: string,
  args: readonly unknown[],
): LabelledTransaction {
  return { label: `${contract}.${name}`, to, data: abi.encodeFunctionData(name, args) };
}

function ownerOn({ provider }: CcipChain) {
  return localAccount(LOCAL_ACCOUNTS.deployer, provider);
}
