import { ZeroAddress, concat, getCreateAddress, keccak256 } from "ethers";
import type { Signer } from "ethers";

import { abiCoder } from "./abi";
import { localDonMembers } from "./accounts";
import type { DonMembers } from "./accounts";
import { groupBy } from "./chain";
import type { CcipAddresses, CcipChain, Lane } from "./chain";
import { feeTokenCode, released } from "./releases";
import type { ContractCode, FeeTokenCode } from "./releases";
import { sendAll } from "./send";
import type { LabelledTransaction } from "./send";

/** How long a commit must be old before anyone may execute an untouched message of it. */
export const MANUAL_EXECUTION_DELAY_SECONDS = 8 * 60 * 60;

/** OCR plugins of an OffRamp. */
export const OCR_PLUGIN = { commit: 0, execute: 1 } as const;

/** Prices in USD with 18 decimals, per 1e18 of the smallest unit: LINK 15 USD, ether 3,000 USD. */
const TOKEN_PRICES = { link: 15n * 10n ** 18n, weth: 3_000n * 10n ** 18n } as const;

/** USD with 18 decimals per unit of gas: 1 gwei at 3,000 USD an ether. */
export const USD_PER_UNIT_GAS = 3_000n * 10n ** 9n;

/** Fees paid in LINK are 10 % cheaper, as on CCIP's live lanes. */
const PREMIUM_MULTIPLIERS = { link: 9n * 10n ** 17n, weth: 10n ** 18n } as const;

/**
 * Fee and limit settings of a destination: the defaults that Chainlink deploys EVM lanes with, one
 * token a message as its service limits say.
 */
const DESTINATION_DEFAULTS = {
  isEnabled: true,
  maxNumberOfTokensPerMsg: 1,
  maxDataBytes: 30_000,
  maxPerMsgGasLimit: 3_000_000,
  destGasOverhead: 300_000,
  destGasPerPayloadByteBase: 16,
  destGasPerPayloadByteHigh: 40,
  destGasPerPayloadByteThreshold: 3_000,
  destDataAvailabilityOverheadGas: 0,
  destGasPerDataAvailabilityByte: 0,
  destDataAvailabilityMultiplierBps: 0,
  /** `bytes4(keccak256("CCIP ChainFamilySelector EVM"))` */
  chainFamilySelector: "0x2812d52c",
  enforceOutOfOrder: false,
  defaultTokenFeeUSDCents: 25,
  defaultTokenDestGasOverhead: 90_000,
  defaultTxGasLimit: 200_000,
  gasMultiplierWeiPerEth: 11n * 10n ** 17n,
  networkFeeUSDCents: 10,
} as const;

/** What {@link deployCcip} needs. */
export interface CcipDeployment {
  /** Deploys and then owns every contract; receives the LINK supply. */
  readonly signer: Signer;
  /** CCIP selector of the chain. */
  readonly selector: bigint;
  /** Who may commit and execute; the local DON unless named. */
  readonly don?: DonMembers;
  /** LINK and WETH9; Hardhat's artifacts unless given. */
  readonly feeTokens?: FeeTokenCode;
}

/** In order of deployment: an address follows from the deployer's nonce. */
const ORDER = [
  "link",
  "weth",
  "rmnRemote",
  "rmnProxy",
  "router",
  "tokenAdminRegistry",
  "registryModule",
  "nonceManager",
  "feeQuoter",
  "onRamp",
  "offRamp",
] as const satisfies readonly (keyof CcipAddresses)[];

/**
 * Deploys the released CCIP 1.6 contracts with production-like settings and no lane.
 *
 * Every transaction is sent before the first receipt is awaited; addresses are computed ahead, so
 * that ramps, nonce manager and fee quoter learn of each other in their constructors. Nothing else
 * may send from `signer` meanwhile.
 * @throws TransactionFailedError when a deployment reverts.
 */
export async function deployCcip(deployment: CcipDeployment): Promise<CcipAddresses> {
  const { signer, selector } = deployment;
  const { don = localDonMembers(), feeTokens = feeTokenCode() } = deployment;
  const owner = await signer.getAddress();
  const firstNonce = await signer.getNonce("pending");
  const ccip = addresses(owner, firstNonce);

  const constructorArgs: Record<(typeof ORDER)[number], readonly unknown[]> = {
    link: [],
    weth: [],
    rmnRemote: [selector, ZeroAddress],
    rmnProxy: [ccip.rmnRemote],
    router: [ccip.weth, ccip.rmnProxy],
    tokenAdminRegistry: [],
    registryModule: [ccip.tokenAdminRegistry],
    nonceManager: [[ccip.onRamp, ccip.offRamp]],
    feeQuoter: [
      {
        maxFeeJuelsPerMsg: 200n * 10n ** 18n,
        linkToken: ccip.link,
        tokenPriceStalenessThreshold: 24 * 60 * 60,
      },
      [owner, ccip.offRamp],
      [ccip.link, ccip.weth],
      [],
      [],
      [
        { token: ccip.link, premiumMultiplierWeiPerEth: PREMIUM_MULTIPLIERS.link },
        { token: ccip.weth, premiumMultiplierWeiPerEth: PREMIUM_MULTIPLIERS.weth },
      ],
      [],
    ],
    ...rampArguments(ccip, { owner, selector }),
  };
  const creations = ORDER.map((name) => {
    const contract = name === "link" || name === "weth" ? feeTokens[name] : released(name);
    return creation(contract, constructorArgs[name]);
  });
  const receipts = await sendAll(signer, [...creations, ...settings(ccip, don)]);
  ORDER.forEach((name, i) => {
    const deployed = receipts[i]?.contractAddress;
    if (deployed !== ccip[name]) {
      throw new Error(
        `${name} is at ${deployed}, not at ${ccip[name]}: another transaction of ${owner} came ` +
          `between. Deploy again while nothing else sends from that account.`,
      );
    }
  });
  return ccip;
}

/** What the ramps of a chain are constructed with. */
export function rampArguments(
  ccip: CcipAddresses,
  { owner, selector }: { readonly owner: string; readonly selector: bigint },
): Record<"onRamp" | "offRamp", readonly unknown[]> {
  const common = {
    chainSelector: selector,
    rmnRemote: ccip.rmnProxy,
    nonceManager: ccip.nonceManager,
    tokenAdminRegistry: ccip.tokenAdminRegistry,
  };
  return {
    onRamp: [
      common,
      {
        feeQuoter: ccip.feeQuoter,
        reentrancyGuardEntered: false,
        messageInterceptor: ZeroAddress,
        feeAggregator: owner,
        allowlistAdmin: ZeroAddress,
      },
      [],
    ],
    offRamp: [
      { ...common, gasForCallExactCheck: 5_000 },
      {
        feeQuoter: ccip.feeQuoter,
        permissionLessExecutionThresholdSeconds: MANUAL_EXECUTION_DELAY_SECONDS,
        messageInterceptor: ZeroAddress,
      },
      [],
    ],
  };
}

/** Settings that differ from lane to lane. */
export interface LaneSettings {
  /**
   * Seconds after which a gas price is stale and the lane takes no message; 0, the default, is
   * CCIP's own way to switch that off. A live DON reports prices all day long, but a test that
   * warps time by days skips the days in which it would have.
   */
  readonly gasPriceStalenessSeconds?: number;
  /** Whether messages must allow out-of-order execution, as some live lanes demand. */
  readonly enforceOutOfOrder?: boolean;
  /** USD with 18 decimals per unit of the destination's gas. */
  readonly usdPerUnitGas?: bigint;
}

/** Opens a lane in one direction. Repeating it sets the same again. */
export async function connectLane(
  source: CcipChain,
  destination: CcipChain,
  lane: LaneSettings = {},
): Promise<void> {
  await connectLanes([{ source, destination }], lane);
}

/** Opens lanes, all of them at once: five transactions a chain, whatever their number. */
export async function connectLanes(
  lanes: readonly Lane[],
  settingsOfAll: LaneSettings = {},
): Promise<void> {
  const pending = new Map<CcipChain, LabelledTransaction[]>();
  const add = (chain: CcipChain, transactions: LabelledTransaction[]): void => {
    pending.set(chain, [...(pending.get(chain) ?? []), ...transactions]);
  };
  for (const [source, outgoing] of groupBy(lanes, (lane) => lane.source)) {
    add(source, outgoingSettings(source, outgoing, settingsOfAll));
  }
  for (const [destination, incoming] of groupBy(lanes, (lane) => lane.destination)) {
    add(destination, incomingSettings(destination, incoming));
  }
  // Chains on one provider share the owner's nonce: in turn there, at once across providers.
  const byProvider = groupBy([...pending.entries()], ([chain]) => chain.provider);
  await Promise.all(
    [...byProvider.values()].map(async (group) => {
      for (const [chain, transactions] of group) await sendAll(chain.owner, transactions);
    }),
  );
}

/** The digest under which an OffRamp knows the DON's configuration of a plugin. */
export function configDigest(offRamp: string, plugin: number): string {
  return keccak256(abiCoder.encode(["string", "address", "uint8"], ["local DON", offRamp, plugin]));
}

function addresses(from: string, firstNonce: number): CcipAddresses {
  const at = (name: (typeof ORDER)[number]): string =>
    getCreateAddress({ from, nonce: firstNonce + ORDER.indexOf(name) });
  return {
    link: at("link"),
    weth: at("weth"),
    rmnRemote: at("rmnRemote"),
    rmnProxy: at("rmnProxy"),
    router: at("router"),
    tokenAdminRegistry: at("tokenAdminRegistry"),
    registryModule: at("registryModule"),
    nonceManager: at("nonceManager"),
    feeQuoter: at("feeQuoter"),
    onRamp: at("onRamp"),
    offRamp: at("offRamp"),
  };
}

/** The transaction that creates a contract. */
export function creation(code: ContractCode, args: readonly unknown[]): LabelledTransaction {
  return {
    label: `deployment of ${code.name}`,
    data: concat([code.bytecode, code.interface.encodeDeploy(args)]),
  };
}

/** Deploys one contract and returns its address. */
export async function deployContract(
  signer: Signer,
  code: ContractCode,
  args: readonly unknown[] = [],
): Promise<string> {
  const [receipt] = await sendAll(signer, [creation(code, args)]);
  if (!receipt?.contractAddress) throw new Error(`${code.name} was not deployed.`);
  return receipt.contractAddress;
}

function settings(ccip: CcipAddresses, don: DonMembers): LabelledTransaction[] {
  return [
    call(ccip, "tokenAdminRegistry", "addRegistryModule", [ccip.registryModule]),
    call(ccip, "feeQuoter", "updatePrices", [
      {
        tokenPriceUpdates: [
          { sourceToken: ccip.link, usdPerToken: TOKEN_PRICES.link },
          { sourceToken: ccip.weth, usdPerToken: TOKEN_PRICES.weth },
        ],
        gasPriceUpdates: [],
      },
    ]),
    donSettings(ccip, don),
  ];
}

/** Has an OffRamp listen to a DON. */
export function donSettings(ccip: CcipAddresses, don: DonMembers): LabelledTransaction {
  const members = { F: don.faulty, transmitters: [don.transmitter] };
  return call(ccip, "offRamp", "setOCR3Configs", [
    [
      {
        ...members,
        configDigest: configDigest(ccip.offRamp, OCR_PLUGIN.commit),
        ocrPluginType: OCR_PLUGIN.commit,
        isSignatureVerificationEnabled: true,
        signers: don.signers.map(({ address }) => address),
      },
      {
        ...members,
        configDigest: configDigest(ccip.offRamp, OCR_PLUGIN.execute),
        ocrPluginType: OCR_PLUGIN.execute,
        isSignatureVerificationEnabled: false,
        signers: [],
      },
    ],
  ]);
}

function outgoingSettings(
  { ccip }: CcipChain,
  lanes: readonly Lane[],
  settingsOfAll: LaneSettings,
): LabelledTransaction[] {
  const {
    gasPriceStalenessSeconds = 0,
    enforceOutOfOrder = false,
    usdPerUnitGas = USD_PER_UNIT_GAS,
  } = settingsOfAll;
  const selectors = lanes.map(({ destination }) => destination.selector);
  return [
    call(ccip, "feeQuoter", "applyDestChainConfigUpdates", [
      selectors.map((destChainSelector) => ({
        destChainSelector,
        destChainConfig: {
          ...DESTINATION_DEFAULTS,
          enforceOutOfOrder,
          gasPriceStalenessThreshold: gasPriceStalenessSeconds,
        },
      })),
    ]),
    call(ccip, "feeQuoter", "updatePrices", [
      {
        tokenPriceUpdates: [],
        gasPriceUpdates: selectors.map((destChainSelector) => ({
          destChainSelector,
          usdPerUnitGas,
        })),
      },
    ]),
    call(ccip, "onRamp", "applyDestChainConfigUpdates", [
      selectors.map((destChainSelector) => ({
        destChainSelector,
        router: ccip.router,
        allowlistEnabled: false,
      })),
    ]),
    call(ccip, "router", "applyRampUpdates", [
      selectors.map((destChainSelector) => ({ destChainSelector, onRamp: ccip.onRamp })),
      [],
      [],
    ]),
  ];
}

function incomingSettings({ ccip }: CcipChain, lanes: readonly Lane[]): LabelledTransaction[] {
  return [
    call(ccip, "offRamp", "applySourceChainConfigUpdates", [
      lanes.map(({ source }) => ({
        router: ccip.router,
        sourceChainSelector: source.selector,
        isEnabled: true,
        isRMNVerificationDisabled: true,
        onRamp: abiCoder.encode(["address"], [source.ccip.onRamp]),
      })),
    ]),
    call(ccip, "router", "applyRampUpdates", [
      [],
      [],
      lanes.map(({ source }) => ({
        sourceChainSelector: source.selector,
        offRamp: ccip.offRamp,
      })),
    ]),
  ];
}

type Callable =
  | "tokenAdminRegistry"
  | "feeQuoter"
  | "offRamp"
  | "onRamp"
  | "router"
  | "rmnRemote"
  | "nonceManager";

/** A transaction that calls a function of one of CCIP's contracts. */
export function call(
  ccip: CcipAddresses,
  contract: Callable,
  name: string,
  args: readonly unknown[],
): LabelledTransaction {
  return {
    label: `${contract}.${name}`,
    to: ccip[contract],
    data: released(contract).interface.encodeFunctionData(name, args),
  };
}
