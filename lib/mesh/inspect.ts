import { Interface, ZeroAddress, dataLength, id } from "ethers";
import type { Provider } from "ethers";
import { z } from "zod";
import { readOne } from "ccip-localnet/protocol";

import { CodedError, OperatorError } from "../core/errors";
import { contractAt } from "../core/abis";

import { chainsOf, peersOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { RampLanes } from "../ccip/ramps";
import { isContractError } from "../core/revert/contractError";
import { TOKEN_DECIMALS } from "../core/units";

/** Thrown for an address without code where a contract should be. */
export class NoCodeError extends CodedError {
  override readonly name = "NoCodeError";
  readonly code = "CONTRACT_UNKNOWN";

  constructor(
    readonly chain: string,
    readonly contract: string,
    readonly address: string,
    recovery: string,
  ) {
    super(`There is no code at ${address}, the ${contract} of ${chain}: ${recovery}`);
  }
}

/** Thrown for a contract of a type or version that is not supported. */
export class UnknownTypeError extends CodedError {
  override readonly name = "UnknownTypeError";
  readonly code = "CONTRACT_UNKNOWN";

  constructor(
    readonly chain: string,
    readonly contract: string,
    readonly address: string,
    readonly found: string,
    expected: string,
  ) {
    super(
      `The ${contract} of ${chain} at ${address} is "${found}", and only ${expected} is supported: correct the address or its deployment record, or add the new version to lib/mesh/inspect.ts.`,
    );
  }
}

/** Supported results of `typeAndVersion`, for the contracts that implement it. */
const TYPES: Readonly<Record<string, RegExp>> = {
  router: /^Router 1\.2\.\d+$/,
  tokenAdminRegistry: /^TokenAdminRegistry 1\.5\.\d+$/,
  registryModule: /^RegistryModuleOwnerCustom 1\.[56]\.\d+$/,
  rmnProxy: /^(ARMProxy|RMNProxy) 1\.\d+\.\d+$/,
  OnRamp: /^OnRamp (1\.6|2\.0)\.\d+$/,
  OffRamp: /^OffRamp (1\.6|2\.0)\.\d+$/,
  pool: /^RebaseTokenPool (1|2)\.0\.\d+$/,
  broadcaster: /^RebaseBroadcaster 1\.0\.\d+$/,
  receiver: /^RebaseReceiver 1\.0\.\d+$/,
};

const typed = new Interface(["function typeAndVersion() view returns (string)"]);

/** Calls that identify the other contracts and distinguish them from each other. */
const PROBES: Readonly<Record<string, readonly [type: string, signature: string]>> = {
  token: ["RebaseToken", "isHome()"],
  controller: ["RebaseController", "earliestEffectiveAt()"],
  timelock: ["TimelockController", "getMinDelay()"],
};

/**
 * Checks the contract at every address of a mesh before anything is read or sent.
 * @throws NoCodeError, UnknownTypeError, or an error naming the token that does not match.
 */
export async function inspectMesh(mesh: Mesh): Promise<void> {
  await Promise.all(chainsOf(mesh).map((chain) => inspectMember(mesh, chain)));
}

/**
 * Checks the contract at every address of one chain of a mesh, and the ramps of its lanes.
 * @throws as {@link inspectMesh} does, or naming the lane that CCIP does not support.
 */
export async function inspectMember(mesh: Mesh, chain: MeshChain): Promise<void> {
  await inspectCcip(chain.name, chain.provider, { ...chain.ccip });
  await inspectRamps(chain, peersOf(mesh, chain));
  await inspectChain(mesh.config.name, chain);
}

/** Checks the ramps through which a chain sends to its peers and receives from them. */
async function inspectRamps(chain: MeshChain, peers: readonly MeshChain[]): Promise<void> {
  const lanes = new RampLanes<MeshChain>();
  const ramps = await lanes.rampsOf(chain, peers);
  const isKnown = (address: string) =>
    ramps.some((ramp) => ramp.address === address && ramp.version !== undefined);
  for (const { name, selector } of peers) {
    const onRamp = await lanes.onRampTo(chain, selector);
    const offRamps = await lanes.offRampsFrom(chain, selector);
    const newest = offRamps.at(-1);
    if (onRamp === ZeroAddress || newest === undefined) {
      const missing = onRamp === ZeroAddress ? "OnRamp" : "OffRamp";
      throw new OperatorError(
        "CCIP_LANE_MISSING",
        `CCIP's router on ${chain.name} has no ${missing} for ${name} (selector ${selector}): there is no such lane.`,
      );
    }
    if (!isKnown(onRamp)) await inspectCcip(chain.name, chain.provider, { OnRamp: onRamp });
    // There are several during a migration, and a router may still name those of versions before 1.6.
    if (!offRamps.some(isKnown)) {
      await inspectCcip(chain.name, chain.provider, { OffRamp: newest });
    }
  }
}

/**
 * Checks the project's own contracts on a chain.
 * @param mesh the name of its mesh, for the suggested command.
 */
export async function inspectChain(mesh: string, chain: MeshChain): Promise<void> {
  const { name, provider, contracts } = chain;
  const recovery = `was the chain reset? Deploy again with "npx hardhat deploy --network ${name} --mesh ${mesh}".`;
  await inspectAll(name, provider, { ...contracts }, recovery);
  await inspectToken(chain);
}

/** Checks CCIP's contracts on a chain. */
export function inspectCcip(
  chain: string,
  provider: Provider,
  ccip: Partial<Record<string, string>>,
): Promise<void> {
  return inspectAll(
    chain,
    provider,
    ccip,
    "CCIP is not there. Compare the chain directory with CCIP's, or restart the local network.",
  );
}

async function inspectAll(
  chain: string,
  provider: Provider,
  contracts: Partial<Record<string, string>>,
  recovery: string,
): Promise<void> {
  await Promise.all(
    Object.entries(contracts).map(async ([contract, address]) => {
      if (address === undefined) return;
      if ((await provider.getCode(address)) === "0x") {
        throw new NoCodeError(chain, contract, address, recovery);
      }
      const expected = TYPES[contract];
      const [type, signature] = PROBES[contract] ?? [];
      if (expected) {
        const found = await typeAndVersion(provider, address);
        if (expected.test(found)) return;
        throw new UnknownTypeError(chain, contract, address, found, expected.source);
      }
      if (!type || !signature || (await answers(provider, address, signature))) return;
      const found = await typeAndVersion(provider, address);
      throw new UnknownTypeError(chain, contract, address, found, type);
    }),
  );
}

async function typeAndVersion(provider: Provider, address: string): Promise<string> {
  try {
    return await readOne(provider, { address, interface: typed }, "typeAndVersion", [], z.string());
  } catch (error) {
    if (isContractError(error)) return "of no known type";
    throw error;
  }
}

/** Returns whether a contract answers a call without arguments with one word. */
async function answers(provider: Provider, to: string, signature: string): Promise<boolean> {
  try {
    const data = await provider.call({ to, data: id(signature).slice(0, 10) });
    return dataLength(data) === 32;
  } catch (error) {
    if (isContractError(error)) return false;
    throw error;
  }
}

async function inspectToken({ name, provider, contracts, role }: MeshChain): Promise<void> {
  const token = contractAt.token(contracts.token, provider);
  const [decimals, isHome] = await Promise.all([token.decimals(), token.isHome()]);
  if (Number(decimals) !== TOKEN_DECIMALS) {
    throw new OperatorError(
      "CONTRACT_UNKNOWN",
      `The token of ${name} has ${decimals} decimals, not ${TOKEN_DECIMALS}: pools of other chains would reject what it sends.`,
    );
  }
  if (isHome !== (role === "home")) {
    throw new OperatorError(
      "CONTRACT_UNKNOWN",
      `The token of ${name} was deployed as ${isHome ? "a home" : "a satellite"}, but the mesh file names the chain as ${role === "home" ? "the home" : "a satellite"}: correct the file, or deploy again.`,
    );
  }
}
