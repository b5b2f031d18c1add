import { HardhatEthersProvider } from "@nomicfoundation/hardhat-ethers/internal/hardhat-ethers-provider";
import hre from "hardhat";
import { createProvider } from "hardhat/internal/core/providers/construction";
import type { EIP1193Provider, RequestArguments } from "hardhat/types";
import { connectLanes, deployCcip, localAccount } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import { lanesBetween } from "ccip-localnet/protocol";
import type { CcipChain, CcipVersion } from "ccip-localnet/protocol";

import { localChains } from "../../config/localChains";

/** Time of each chain's first block. */
const GENESIS = "2026-01-01T00:00:00Z";

const MINING = new Set(["eth_sendTransaction", "eth_sendRawTransaction", "evm_mine"]);

/**
 * Chains that each run in an EVM of their own inside this process, all lanes open. A chain's clock moves by one
 * second a block, never by itself, so that a run can be repeated to the second.
 */
export async function separateChains(version: CcipVersion): Promise<CcipChain[]> {
  const chains: CcipChain[] = [];
  for (const { name, selector, chainId } of localChains(3)) {
    const provider = await steppedProvider(chainId);
    const owner = localAccount(LOCAL_ACCOUNTS.ccipOwner, provider);
    const transmitter = localAccount(LOCAL_ACCOUNTS.donTransmitter, provider);
    const ccip = await deployCcip({ signer: owner, selector, version });
    chains.push({ name, selector, chainId: BigInt(chainId), provider, owner, transmitter, ccip });
  }
  await connectLanes(lanesBetween(chains));
  return chains;
}

async function steppedProvider(chainId: number): Promise<HardhatEthersProvider> {
  const { networks } = hre.config;
  const hardhat = { ...networks.hardhat, chainId, initialDate: GENESIS };
  // Without artifacts: stack traces would double the time of each transaction.
  const inner = await createProvider(
    { ...hre.config, networks: { ...networks, hardhat } },
    "hardhat",
  );
  return new HardhatEthersProvider(stepped(inner), "hardhat");
}

/** The same chain, with the time of each block named: a second after the one before, unless the caller names another. */
function stepped<P extends EIP1193Provider>(inner: P): P {
  let latest = Date.parse(GENESIS) / 1_000;
  let isNamed = false;
  const atSnapshot = new Map<unknown, number>();

  const request = async (args: RequestArguments): Promise<unknown> => {
    const [first] = (args.params ?? []) as readonly unknown[];
    if (args.method === "evm_setNextBlockTimestamp") {
      [latest, isNamed] = [Number(first), true];
    } else if (MINING.has(args.method)) {
      if (!isNamed) {
        latest += 1;
        await inner.request({ method: "evm_setNextBlockTimestamp", params: [latest] });
      }
      isNamed = false;
    }
    const result = await inner.request(args);
    if (args.method === "evm_snapshot") atSnapshot.set(result, latest);
    if (args.method === "evm_revert") [latest, isNamed] = [atSnapshot.get(first) ?? latest, false];
    return result;
  };
  return new Proxy(inner, {
    get: (target, key) => {
      if (key === "request") return request;
      if (key === "send") {
        return (method: string, params?: unknown[]) => request({ method, params });
      }
      return Reflect.get(target, key) as unknown;
    },
  });
}
