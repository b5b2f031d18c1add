import { ZeroAddress, keccak256 } from "ethers";

import { abiCoder } from "../protocol/abi";
import type { DonMembers } from "../protocol/verification";
import type { Ccip16Addresses, Lane } from "../protocol/chain";
import type { LabelledTransaction } from "../send";
import { call } from "./transactions";

/** Age of a commit from which on anyone may execute an untouched message of it. */
export const MANUAL_EXECUTION_DELAY_SECONDS = 8 * 60 * 60;

/** OCR plugins of an OffRamp. */
export const OCR_PLUGIN = { commit: 0, execute: 1 } as const;

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

/** The contracts that CCIP 1.6 has beside those that both versions share, in order of deployment. */
export const OWN_16 = ["nonceManager", "feeQuoter", "onRamp", "offRamp"] as const;

/** Constructor arguments of the contracts of CCIP 1.6. */
export function constructorArguments16(
  ccip: Ccip16Addresses,
  { owner, selector }: { readonly owner: string; readonly selector: bigint },
): Record<(typeof OWN_16)[number], readonly unknown[]> {
  const common = {
    chainSelector: selector,
    rmnRemote: ccip.rmnProxy,
    nonceManager: ccip.nonceManager,
    tokenAdminRegistry: ccip.tokenAdminRegistry,
  };
  return {
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

/** Configures the DON whose reports an OffRamp accepts. */
export function donSettings(ccip: Ccip16Addresses, don: DonMembers): LabelledTransaction {
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

/** The digest under which an OffRamp knows the DON's configuration of a plugin. */
export function configDigest(offRamp: string, plugin: number): string {
  return keccak256(abiCoder.encode(["string", "address", "uint8"], ["local DON", offRamp, plugin]));
}

/** Configures a source for its outgoing lanes, except for the router. */
export function outgoing16(
  ccip: Ccip16Addresses,
  lanes: readonly Lane[],
  settings: {
    readonly gasPriceStalenessSeconds: number;
    readonly enforceOutOfOrder: boolean;
  },
): LabelledTransaction[] {
  const selectors = lanes.map(({ destination }) => destination.selector);
  return [
    call(ccip, "feeQuoter", "applyDestChainConfigUpdates", [
      selectors.map((destChainSelector) => ({
        destChainSelector,
        destChainConfig: {
          ...DESTINATION_DEFAULTS,
          enforceOutOfOrder: settings.enforceOutOfOrder,
          gasPriceStalenessThreshold: settings.gasPriceStalenessSeconds,
        },
      })),
    ]),
    call(ccip, "onRamp", "applyDestChainConfigUpdates", [
      selectors.map((destChainSelector) => ({
        destChainSelector,
        router: ccip.router,
        allowlistEnabled: false,
      })),
    ]),
  ];
}

/** Configures a destination for its incoming lanes, except for the router. */
export function incoming16(ccip: Ccip16Addresses, lanes: readonly Lane[]): LabelledTransaction[] {
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
  ];
}
