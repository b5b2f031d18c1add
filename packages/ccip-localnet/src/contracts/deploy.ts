import { ZeroAddress, getCreateAddress } from "ethers";
import type { Signer } from "ethers";

import { localCommittee, localDonMembers } from "../accounts";
import type { Committee, DonMembers } from "../protocol/verification";
import { groupBy, laneName } from "../protocol/chain";
import type {
  Ccip16Addresses,
  Ccip20Addresses,
  CcipAddresses,
  CcipChain,
  Lane,
  SharedAddresses,
} from "../protocol/chain";
import { OWN_16, constructorArguments16, donSettings, incoming16, outgoing16 } from "./deploy16";
import {
  OWN_20,
  constructorArguments20,
  incoming20,
  outgoing20,
  verifierSettings,
} from "./deploy20";
import { feeTokenCode } from "./feeTokens";
import { released } from "../protocol/releases";
import type { CcipVersion, ContractCode } from "../protocol/releases";
import { sendAll } from "../send";
import type { LabelledTransaction } from "../send";
import { call, creation } from "./transactions";

export { MANUAL_EXECUTION_DELAY_SECONDS } from "./deploy16";
export { call, creation, deployContract } from "./transactions";

/** Prices in USD with 18 decimals, per 1e18 of the smallest unit: LINK 15 USD, ether 3,000 USD. */
const TOKEN_PRICES = { link: 15n * 10n ** 18n, weth: 3_000n * 10n ** 18n } as const;

/** USD with 18 decimals per unit of gas: 1 gwei at 3,000 USD an ether. */
export const USD_PER_UNIT_GAS = 3_000n * 10n ** 9n;

/** What {@link deployCcip} needs. */
export interface CcipDeployment {
  /** Deploys and then owns every contract; receives the LINK supply. */
  readonly signer: Signer;
  /** CCIP selector of the chain. */
  readonly selector: bigint;
  /** 1.6 unless named. */
  readonly version?: CcipVersion;
  /**
   * The version that the chain runs already: the new one shares its router, registry, RMN and fee
   * tokens. Without it, everything is deployed anew.
   */
  readonly beside?: CcipAddresses;
  /** Who may commit and execute in CCIP 1.6; the local DON unless named. */
  readonly don?: DonMembers;
}

/** In order of deployment: an address follows from the deployer's nonce. */
const SHARED = [
  "link",
  "weth",
  "rmnRemote",
  "rmnProxy",
  "router",
  "tokenAdminRegistry",
  "registryModule",
] as const satisfies readonly (keyof SharedAddresses)[];

/** Where a contract will be, its code and its constructor's arguments. */
interface Creation {
  readonly address: string;
  readonly code: ContractCode;
  readonly args: readonly unknown[];
}

/**
 * Deploys the released contracts of a version of CCIP with production-like settings and no lane.
 *
 * Every transaction is sent before the first receipt is awaited; addresses are computed ahead, so
 * that ramps and fee quoter learn of each other in their constructors. Nothing else may send from
 * `signer` meanwhile.
 * @throws TransactionFailedError when a deployment reverts.
 */
export async function deployCcip(
  deployment: CcipDeployment & { readonly version: "2.0" },
): Promise<Ccip20Addresses>;
export async function deployCcip(
  deployment: CcipDeployment & { readonly version?: "1.6" },
): Promise<Ccip16Addresses>;
export async function deployCcip(deployment: CcipDeployment): Promise<CcipAddresses>;
export async function deployCcip(deployment: CcipDeployment): Promise<CcipAddresses> {
  const { signer, selector, version = "1.6", beside } = deployment;
  const { don = localDonMembers() } = deployment;
  const owner = await signer.getAddress();
  const firstNonce = await signer.getNonce("pending");
  let nonce = firstNonce;
  const next = () => getCreateAddress({ from: owner, nonce: nonce++ });

  const shared: SharedAddresses = beside ?? addresses(SHARED, next);
  const creations = beside ? [] : sharedCreations(shared, { owner, selector, version });
  let ccip: CcipAddresses;
  let settings: LabelledTransaction;
  if (version === "1.6") {
    ccip = { ...onlyShared(shared), version, ...addresses(OWN_16, next) };
    const args = constructorArguments16(ccip, { owner, selector });
    for (const name of OWN_16) {
      creations.push({ address: ccip[name], code: released(name), args: args[name] });
    }
    settings = donSettings(ccip, don);
  } else {
    ccip = { ...onlyShared(shared), version, ...addresses(OWN_20, next) };
    const args = constructorArguments20(ccip, { owner, selector });
    for (const name of OWN_20) {
      creations.push({ address: ccip[name], code: released(name, "2.0"), args: args[name] });
    }
    settings = verifierSettings(ccip);
  }

  const receipts = await sendAll(signer, [
    ...creations.map(({ code, args }) => creation(code, args)),
    ...(beside
      ? []
      : [call(ccip, "tokenAdminRegistry", "addRegistryModule", [ccip.registryModule])]),
    tokenPrices(ccip),
    settings,
  ]);
  creations.forEach(({ address, code }, i) => {
    const deployed = receipts[i]?.contractAddress;
    if (deployed !== address) {
      throw new Error(
        `${code.name} is at ${deployed}, not at ${address}: another transaction of ${owner} came ` +
          `between. Deploy again while nothing else sends from that account.`,
      );
    }
  });
  return ccip;
}

/** Settings that differ from lane to lane. */
export interface LaneSettings {
  /**
   * Seconds after which a gas price is stale and the lane takes no message; 0, the default, is
   * CCIP's own way to switch that off. A live DON reports prices all day long, but a test that
   * warps time by days skips the days in which it would have. CCIP 1.6 only.
   */
  readonly gasPriceStalenessSeconds?: number;
  /** Whether messages must allow out-of-order execution, as some live lanes demand. CCIP 1.6 only. */
  readonly enforceOutOfOrder?: boolean;
  /** USD with 18 decimals per unit of the destination's gas. */
  readonly usdPerUnitGas?: bigint;
  /** Who signs for messages in CCIP 2.0; the local committee unless named. */
  readonly committee?: Committee;
}

/** Opens a lane in one direction. Repeating it sets the same again. */
export async function connectLane(
  source: CcipChain,
  destination: CcipChain,
  lane: LaneSettings = {},
): Promise<void> {
  await connectLanes([{ source, destination }], lane);
}

/**
 * Opens lanes, all of them at once, each in the version of its two ends: a few transactions a chain,
 * whatever their number. This also migrates a lane under traffic, as CCIP's owner does: from then on the
 * routers send over these ramps where they used others before, and what is on its way arrives through
 * the OffRamps that they know already, until {@link retireLanes}.
 * @throws RangeError when the ends of a lane are of different versions, or have no such setting.
 */
export async function connectLanes(
  lanes: readonly Lane[],
  settings: LaneSettings = {},
): Promise<void> {
  const pending = new Map<CcipChain, LabelledTransaction[]>();
  const add = (chain: CcipChain, transactions: LabelledTransaction[]): void => {
    pending.set(chain, [...(pending.get(chain) ?? []), ...transactions]);
  };
  lanes.forEach(requireOneVersion);
  for (const [source, outgoing] of groupBy(lanes, (lane) => lane.source)) {
    add(source, outgoingSettings(source, outgoing, settings));
  }
  for (const [destination, incoming] of groupBy(lanes, (lane) => lane.destination)) {
    add(destination, incomingSettings(destination, incoming, settings));
  }
  await sendInTurn(pending);
}

/** Has the routers at the destinations of lanes forget their OffRamps: nothing arrives through them any more. */
export async function retireLanes(lanes: readonly Lane[]): Promise<void> {
  const pending = new Map<CcipChain, LabelledTransaction[]>();
  for (const [destination, incoming] of groupBy(lanes, (lane) => lane.destination)) {
    const gone = offRampsOf(destination, incoming);
    pending.set(destination, [
      call(destination.ccip, "router", "applyRampUpdates", [[], gone, []]),
    ]);
  }
  await sendInTurn(pending);
}

/** Chains on one provider share the owner's nonce: in turn there, at once across providers. */
async function sendInTurn(
  pending: ReadonlyMap<CcipChain, readonly LabelledTransaction[]>,
): Promise<void> {
  const byProvider = groupBy([...pending.entries()], ([chain]) => chain.provider);
  await Promise.all(
    [...byProvider.values()].map(async (group) => {
      for (const [chain, transactions] of group) await sendAll(chain.owner, transactions);
    }),
  );
}

function addresses<N extends string>(names: readonly N[], next: () => string): Record<N, string> {
  return Object.fromEntries(names.map((name) => [name, next()])) as Record<N, string>;
}

function onlyShared(from: SharedAddresses): SharedAddresses {
  const { link, weth, rmnRemote, rmnProxy, router, tokenAdminRegistry, registryModule } = from;
  return { link, weth, rmnRemote, rmnProxy, router, tokenAdminRegistry, registryModule };
}

function sharedCreations(
  shared: SharedAddresses,
  {
    owner,
    selector,
    version,
  }: {
    readonly owner: string;
    readonly selector: bigint;
    readonly version: CcipVersion;
  },
): Creation[] {
  const { link, weth } = feeTokenCode();
  const args: Record<(typeof SHARED)[number], readonly unknown[]> = {
    link: [],
    weth: [],
    rmnRemote: version === "1.6" ? [selector, ZeroAddress] : [[owner]],
    rmnProxy: [shared.rmnRemote],
    router: [shared.weth, shared.rmnProxy],
    tokenAdminRegistry: [],
    registryModule: [shared.tokenAdminRegistry],
  };
  return SHARED.map((name) => ({
    address: shared[name],
    code: name === "link" ? link : name === "weth" ? weth : released(name, version),
    args: args[name],
  }));
}

function tokenPrices(ccip: CcipAddresses): LabelledTransaction {
  return call(ccip, "feeQuoter", "updatePrices", [
    {
      tokenPriceUpdates: [
        { sourceToken: ccip.link, usdPerToken: TOKEN_PRICES.link },
        { sourceToken: ccip.weth, usdPerToken: TOKEN_PRICES.weth },
      ],
      gasPriceUpdates: [],
    },
  ]);
}

function requireOneVersion(lane: Lane): void {
  const [from, to] = [lane.source.ccip.version, lane.destination.ccip.version];
  if (from === to) return;
  throw new RangeError(
    `The lane ${laneName(lane)} begins at CCIP ${from} and ends at CCIP ${to}: deploy one version ` +
      `at both ends.`,
  );
}

function outgoingSettings(
  { ccip }: CcipChain,
  lanes: readonly Lane[],
  settings: LaneSettings,
): LabelledTransaction[] {
  const { gasPriceStalenessSeconds = 0, enforceOutOfOrder = false } = settings;
  const { usdPerUnitGas = USD_PER_UNIT_GAS, committee = localCommittee() } = settings;
  const selectors = lanes.map(({ destination }) => destination.selector);
  if (ccip.version === "2.0" && (gasPriceStalenessSeconds > 0 || enforceOutOfOrder)) {
    throw new RangeError(
      "CCIP 2.0 knows no stale prices and no ordered messages: leave gasPriceStalenessSeconds and " +
        "enforceOutOfOrder out.",
    );
  }
  return [
    ...(ccip.version === "1.6"
      ? outgoing16(ccip, lanes, { gasPriceStalenessSeconds, enforceOutOfOrder })
      : outgoing20(ccip, lanes, committee)),
    call(ccip, "feeQuoter", "updatePrices", [
      {
        tokenPriceUpdates: [],
        gasPriceUpdates: selectors.map((destChainSelector) => ({
          destChainSelector,
          usdPerUnitGas,
        })),
      },
    ]),
    call(ccip, "router", "applyRampUpdates", [
      selectors.map((destChainSelector) => ({ destChainSelector, onRamp: ccip.onRamp })),
      [],
      [],
    ]),
  ];
}

function incomingSettings(
  destination: CcipChain,
  lanes: readonly Lane[],
  { committee = localCommittee() }: LaneSettings,
): LabelledTransaction[] {
  const { ccip } = destination;
  return [
    ...(ccip.version === "1.6" ? incoming16(ccip, lanes) : incoming20(ccip, lanes, committee)),
    call(ccip, "router", "applyRampUpdates", [[], [], offRampsOf(destination, lanes)]),
  ];
}

function offRampsOf({ ccip }: CcipChain, lanes: readonly Lane[]): Record<string, unknown>[] {
  return lanes.map(({ source }) => ({
    sourceChainSelector: source.selector,
    offRamp: ccip.offRamp,
  }));
}
