import type { HDNodeWallet } from "ethers";

import { localAccount } from "../accounts";
import { LOCAL_ACCOUNTS } from "../config";
import type { CcipChain } from "../protocol/chain";
import { encodeAddress } from "../protocol/message";
import { released } from "../protocol/releases";
import type { ReleaseName } from "../protocol/releases";
import { sendAll } from "../send";
import type { LabelledTransaction } from "../send";

import { deployContract } from "./transactions";

/** A token and its pool on one chain. */
export interface TokenOnChain {
  readonly chain: CcipChain;
  readonly token: string;
  readonly pool: string;
}

/** A standard token. */
export interface TokenOptions {
  readonly name?: string;
  readonly symbol?: string;
  /** Initial balance of the owner on the first chain, in wei of the token. */
  readonly supply?: bigint;
}

const DECIMALS = 18;
const UNLIMITED = { isEnabled: false, capacity: 0n, rate: 0n } as const;

/**
 * Deploys Chainlink's BurnMintERC20 and BurnMintTokenPool on chains, registers them with CCIP and wires
 * every pool to all others, without rate limits. The first account of the mnemonic owns everything.
 */
export async function deployBurnMintToken(
  chains: readonly CcipChain[],
  { name = "Local Token", symbol = "LOCAL", supply = 10n ** 24n }: TokenOptions = {},
): Promise<TokenOnChain[]> {
  const tokens: TokenOnChain[] = [];
  for (const [i, chain] of chains.entries()) {
    const owner = ownerOn(chain);
    const preMint = i === 0 ? supply : 0n;
    const token = await deployContract(owner, released("burnMintToken"), [
      ...[name, symbol, DECIMALS, 0n, preMint, owner.address],
    ]);
    const { rmnProxy, router } = chain.ccip;
    const pool = await deployContract(owner, released("burnMintPool"), [
      ...[token, DECIMALS, [], rmnProxy, router],
    ]);
    tokens.push({ chain, token, pool });
  }
  for (const own of tokens) {
    const others = tokens.filter((other) => other !== own);
    await sendAll(ownerOn(own.chain), wiring(own, others));
  }
  return tokens;
}

function wiring(
  { chain, token, pool }: TokenOnChain,
  remotes: readonly TokenOnChain[],
): LabelledTransaction[] {
  const { registryModule, tokenAdminRegistry } = chain.ccip;
  return [
    callTo(token, "burnMintToken", "grantMintAndBurnRoles", [pool]),
    callTo(registryModule, "registryModule", "registerAdminViaOwner", [token]),
    callTo(tokenAdminRegistry, "tokenAdminRegistry", "acceptAdminRole", [token]),
    callTo(tokenAdminRegistry, "tokenAdminRegistry", "setPool", [token, pool]),
    callTo(pool, "burnMintPool", "applyChainUpdates", [
      [],
      remotes.map((remote) => ({
        remoteChainSelector: remote.chain.selector,
        remotePoolAddresses: [encodeAddress(remote.pool)],
        remoteTokenAddress: encodeAddress(remote.token),
        outboundRateLimiterConfig: UNLIMITED,
        inboundRateLimiterConfig: UNLIMITED,
      })),
    ]),
  ];
}

function callTo(
  to: string,
  contract: ReleaseName,
  name: string,
  args: readonly unknown[],
): LabelledTransaction {
  const data = released(contract).interface.encodeFunctionData(name, args);
  return { label: `${contract}.${name}`, to, data };
}

function ownerOn({ provider }: CcipChain): HDNodeWallet {
  return localAccount(LOCAL_ACCOUNTS.deployer, provider);
}
