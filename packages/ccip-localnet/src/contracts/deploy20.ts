import { ZeroAddress } from "ethers";

import { abiCoder } from "../protocol/abi";
import type { Committee } from "../protocol/verification";
import type { Ccip20Addresses, Lane } from "../protocol/chain";
import type { LabelledTransaction } from "../send";
import { call } from "./transactions";
import { COMMITTEE_VERSION_TAG } from "../protocol/verification";

/** Full finality: no block depth, no safe tag. */
const FULL_FINALITY = "0x00000000";

/** The most verifiers that an executor waits for. */
const MAX_VERIFIERS = 10;

/** Bytes of a signature in verifier results, and of the tag and the length in front of them. */
const RESULT_BYTES = { signature: 64, head: 6 } as const;

/** Fee and limit settings of a destination: those of CCIP 1.6, where 2.0 has the same. */
const DESTINATION_DEFAULTS = {
  isEnabled: true,
  maxDataBytes: 30_000,
  maxPerMsgGasLimit: 3_000_000,
  destGasOverhead: 300_000,
  destGasPerPayloadByteBase: 16,
  /** `bytes4(keccak256("CCIP ChainFamilySelector EVM"))` */
  chainFamilySelector: "0x2812d52c",
  defaultTokenFeeUSDCents: 25,
  defaultTokenDestGasOverhead: 90_000,
  defaultTxGasLimit: 200_000,
  networkFeeUSDCents: 10,
  /** Fees paid in LINK are 10 % cheaper, as on CCIP's live lanes. */
  linkFeeMultiplierPercent: 90,
} as const;

/** Gas that a destination's OffRamp needs for itself; with 80,000 a message with tokens runs out of gas. */
const BASE_EXECUTION_GAS = 150_000;

/** Gas that the committee verifier is given for checking its signatures. */
const VERIFICATION_GAS = 50_000;

/** The contracts that CCIP 2.0 has beside those that both versions share, in order of deployment. */
export const OWN_20 = [
  "feeQuoter",
  "onRamp",
  "offRamp",
  "committeeVerifier",
  "verifierResolver",
  "executorImplementation",
  "executor",
] as const;

/** Constructor arguments of the contracts of CCIP 2.0. */
export function constructorArguments20(
  ccip: Ccip20Addresses,
  { owner, selector }: { readonly owner: string; readonly selector: bigint },
): Record<(typeof OWN_20)[number], readonly unknown[]> {
  return {
    feeQuoter: [{ maxFeeJuelsPerMsg: 200n * 10n ** 18n, linkToken: ccip.link }, [owner], [], []],
    onRamp: [
      {
        chainSelector: selector,
        rmnRemote: ccip.rmnProxy,
        maxUSDCentsPerMessage: 100_000,
        tokenAdminRegistry: ccip.tokenAdminRegistry,
      },
      { feeQuoter: ccip.feeQuoter, reentrancyGuardEntered: false, feeAggregator: owner },
    ],
    offRamp: [
      {
        localChainSelector: selector,
        gasForCallExactCheck: 5_000,
        rmnRemote: ccip.rmnProxy,
        tokenAdminRegistry: ccip.tokenAdminRegistry,
        maxGasBufferToUpdateState: 12_000,
      },
    ],
    committeeVerifier: [
      { feeAggregator: owner, allowlistAdmin: ZeroAddress },
      // Where a live committee publishes its results; the local one hands them out itself.
      ["local"],
      ccip.rmnProxy,
      COMMITTEE_VERSION_TAG,
    ],
    verifierResolver: [],
    executorImplementation: [
      MAX_VERIFIERS,
      { feeAggregator: owner, allowedFinalityConfig: FULL_FINALITY, ccvAllowlistEnabled: false },
    ],
    executor: [ccip.executorImplementation, owner],
  };
}

/** Registers a chain's committee verifier with its resolver. */
export function verifierSettings(ccip: Ccip20Addresses): LabelledTransaction {
  return call(ccip, "verifierResolver", "applyInboundImplementationUpdates", [
    [{ version: COMMITTEE_VERSION_TAG, verifier: ccip.committeeVerifier }],
  ]);
}

/** Configures a source for its outgoing lanes, except for the router. */
export function outgoing20(
  ccip: Ccip20Addresses,
  lanes: readonly Lane[],
  committee: Committee,
): LabelledTransaction[] {
  const selectors = lanes.map(({ destination }) => destination.selector);
  return [
    call(ccip, "feeQuoter", "applyDestChainConfigUpdates", [
      selectors.map((destChainSelector) => ({
        destChainSelector,
        destChainConfig: DESTINATION_DEFAULTS,
      })),
    ]),
    call(ccip, "committeeVerifier", "applyRemoteChainConfigUpdates", [
      selectors.map((remoteChainSelector) => ({
        router: ccip.router,
        remoteChainSelector,
        allowlistEnabled: false,
        feeUSDCents: 5,
        gasForVerification: VERIFICATION_GAS,
        payloadSizeBytes: RESULT_BYTES.head + RESULT_BYTES.signature * committee.threshold,
      })),
    ]),
    call(ccip, "verifierResolver", "applyOutboundImplementationUpdates", [
      selectors.map((destChainSelector) => ({
        destChainSelector,
        verifier: ccip.committeeVerifier,
      })),
    ]),
    call(ccip, "executorImplementation", "applyDestChainUpdates", [
      [],
      selectors.map((destChainSelector) => ({
        destChainSelector,
        config: { usdCentsFee: 10, enabled: true },
      })),
    ]),
    call(ccip, "onRamp", "applyDestChainConfigUpdates", [
      lanes.map(({ destination }) => ({
        destChainSelector: destination.selector,
        router: ccip.router,
        addressBytesLength: 20,
        tokenReceiverAllowed: false,
        messageNetworkFeeUSDCents: 10,
        tokenNetworkFeeUSDCents: 25,
        baseExecutionGasCost: BASE_EXECUTION_GAS,
        defaultCCVs: [ccip.verifierResolver],
        laneMandatedCCVs: [],
        defaultExecutor: ccip.executor,
        offRamp: destination.ccip.offRamp,
      })),
    ]),
  ];
}

/** Configures a destination for its incoming lanes, except for the router. */
export function incoming20(
  ccip: Ccip20Addresses,
  lanes: readonly Lane[],
  committee: Committee,
): LabelledTransaction[] {
  return [
    call(ccip, "committeeVerifier", "applySignatureConfigs", [
      [],
      lanes.map(({ source }) => ({
        sourceChainSelector: source.selector,
        threshold: committee.threshold,
        signers: committee.signers.map(({ address }) => address),
      })),
    ]),
    call(ccip, "offRamp", "applySourceChainConfigUpdates", [
      lanes.map(({ source }) => ({
        router: ccip.router,
        sourceChainSelector: source.selector,
        isEnabled: true,
        onRamps: [abiCoder.encode(["address"], [source.ccip.onRamp])],
        defaultCCVs: [ccip.verifierResolver],
        laneMandatedCCVs: [],
      })),
    ]),
  ];
}
