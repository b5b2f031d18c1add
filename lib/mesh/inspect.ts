import { Interface, ZeroAddress, dataLength, id } from "ethers";
import type { Provider } from "ethers";
import { z } from "zod";
import { readOne, releasedOf } from "ccip-localnet/protocol";

import { RampLanes } from "../ccip/ramps";
import type { NamedRamp } from "../ccip/ramps";
import { contractAt } from "../core/abis";
import { OperatorError } from "../core/errors";
import { peersOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { isContractError } from "../core/revert/contractError";
import { TOKEN_DECIMALS } from "../core/units";

/** Supported contracts, by the result of `typeAndVersion`, or by a call that no other of them answers. */
const TYPES: Readonly<Record<string, RegExp | { readonly type: string; readonly call: string }>> = {
  router: /^Router 1\.2\.\d+$/,
  tokenAdminRegistry: /^TokenAdminRegistry 1\.5\.\d+$/,
  registryModule: /^RegistryModuleOwnerCustom 1\.[56]\.\d+$/,
  rmnProxy: /^(ARMProxy|RMNProxy) 1\.\d+\.\d+$/,
  OnRamp: /^OnRamp (1\.6|2\.0)\.\d+$/,
  OffRamp: /^OffRamp (1\.6|2\.0)\.\d+$/,
  pool: /^RebaseTokenPool (1|2)\.0\.\d+$/,
  broadcaster: /^RebaseBroadcaster 1\.0\.\d+$/,
  receiver: /^RebaseReceiver 1\.1\.\d+$/,
  proposalSender: /^ProposalSender 1\.0\.\d+$/,
  proposalReceiver: /^ProposalReceiver 1\.0\.\d+$/,
  wrappedBridge: /^WrappedBridge 1\.0\.\d+$/,
  token: { type: "RebaseToken", call: "isHome()" },
  controller: { type: "RebaseController", call: "earliestEffectiveAt()" },
  wrapper: { type: "WrappedRebaseToken", call: "SHARES_PER_UNIT()" },
  rateFeed: { type: "RebaseRateFeed", call: "version()" },
  timelock: { type: "TimelockController", call: "getMinDelay()" },
};

const onRampConfig = z.object({ feeQuoter: z.string() });
const typed = new Interface(["function typeAndVersion() view returns (string)"]);

/**
 * Checks the contract at every address of one chain of a mesh, and the ramps of its lanes.
 * @throws OperatorError naming a contract that is missing or of an unknown type, a token that does not match, or
 *   the lane that CCIP does not support.
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
  await Promise.all(ramps.map((ramp) => inspectLink(chain, ramp)));
}

/** Checks that an OnRamp takes fees in what the chain directory names as LINK. */
async function inspectLink(
  { name, provider, ccip }: MeshChain,
  { kind, address, version }: NamedRamp,
): Promise<void> {
  if (kind !== "OnRamp" || version === undefined) return;
  const onRamp = { address, interface: releasedOf("onRamp", version).interface };
  const { feeQuoter } = await readOne(provider, onRamp, "getDynamicConfig", [], onRampConfig);
  const quoter = { address: feeQuoter, interface: releasedOf("feeQuoter", version).interface };
  const feeTokens = await readOne(provider, quoter, "getFeeTokens", [], z.array(z.string()));
  if (feeTokens.includes(ccip.link)) return;
  throw unknownContract(
    `CCIP takes no fees on ${name} in ${ccip.link}, its LINK in the chain directory; it takes them in ${feeTokens.join(", ")}. Correct the address, and deploy again what was deployed with it.`,
  );
}

/**
 * Checks the project's own contracts on a chain.
 * @param mesh the name of its mesh, for the suggested command.
 */
export async function inspectChain(mesh: string, chain: MeshChain): Promise<void> {
  const { name, provider, contracts } = chain;
  await inspectAll(
    name,
    provider,
    { ...contracts },
    {
      absent: `was the chain reset? Deploy again with "npx hardhat deploy --network ${name} --mesh ${mesh}".`,
      other:
        "correct its deployment record. If another version of this project deployed it, use that version, or deploy the mesh anew under another name.",
    },
  );
  await inspectToken(chain);
}

/** Checks CCIP's contracts on a chain. */
export function inspectCcip(
  chain: string,
  provider: Provider,
  ccip: Partial<Record<string, string>>,
): Promise<void> {
  return inspectAll(chain, provider, ccip, {
    absent:
      "CCIP is not there. Compare the chain directory with CCIP's, or restart the local network.",
    other: "correct the address, or add the new version to lib/mesh/inspect.ts.",
  });
}

/** @param recovery the remedies where there is no code, and where there is another contract or version. */
async function inspectAll(
  chain: string,
  provider: Provider,
  contracts: Partial<Record<string, string>>,
  recovery: { readonly absent: string; readonly other: string },
): Promise<void> {
  await Promise.all(
    Object.entries(contracts).map(async ([contract, address]) => {
      if (address === undefined) return;
      if ((await provider.getCode(address)) === "0x") {
        throw unknownContract(
          `There is no code at ${address}, the ${contract} of ${chain}: ${recovery.absent}`,
        );
      }
      const expected = TYPES[contract];
      if (!expected) return;
      const isVersioned = expected instanceof RegExp;
      if (!isVersioned && (await answers(provider, address, expected.call))) return;
      const found = await typeAndVersion(provider, address);
      if (isVersioned && expected.test(found)) return;
      throw unknownContract(
        `The ${contract} of ${chain} at ${address} is "${found}", and only ${isVersioned ? expected.source : expected.type} is supported: ${recovery.other}`,
      );
    }),
  );
}

function unknownContract(message: string): OperatorError {
  return new OperatorError("CONTRACT_UNKNOWN", message);
}

async function typeAndVersion(provider: Provider, address: string): Promise<string> {
  const contract = { address, interface: typed };
  const read = readOne(provider, contract, "typeAndVersion", [], z.string());
  return (await unlessContractError(read)) ?? "of no known type";
}

/** Returns whether a contract answers a call without arguments with one word. */
async function answers(provider: Provider, to: string, signature: string): Promise<boolean> {
  const data = id(signature).slice(0, 10);
  const answer = await unlessContractError(provider.call({ to, data }));
  return answer !== undefined && dataLength(answer) === 32;
}

async function unlessContractError<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isContractError(error)) return undefined;
    throw error;
  }
}

async function inspectToken({ name, provider, contracts, role }: MeshChain): Promise<void> {
  const token = contractAt.token(contracts.token, provider);
  const [decimals, isHome] = await Promise.all([token.decimals(), token.isHome()]);
  if (Number(decimals) !== TOKEN_DECIMALS) {
    throw unknownContract(
      `The token of ${name} has ${decimals} decimals, not ${TOKEN_DECIMALS}: pools of other chains would reject what it sends.`,
    );
  }
  if (isHome !== (role === "home")) {
    throw unknownContract(
      `The token of ${name} was deployed as ${isHome ? "a home" : "a satellite"}, but the mesh file names the chain as ${role === "home" ? "the home" : "a satellite"}: correct the file, or deploy again.`,
    );
  }
}
