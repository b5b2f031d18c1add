import { readFileSync } from "node:fs";

import { Interface, concat, toBeHex } from "ethers";
import { call, deployContract, localAccount, sendAll } from "ccip-localnet";
import {
  COMMITTEE_VERSION_TAG,
  abiCoder,
  committeeResults,
  messagesIn,
  released,
  toRouterMessage,
} from "ccip-localnet/protocol";
import type {
  CcipChain,
  CommitteeSigner,
  Lane,
  Message20,
  Verification,
} from "ccip-localnet/protocol";

/** Signers of other committees than the local one. */
export function thirdPartiesOf(count: number): CommitteeSigner[] {
  return Array.from({ length: count }, (_, i) => localAccount(40 + i));
}

/** Sends as the owner of CCIP on a chain. */
async function asOwner(
  { ccip, owner }: CcipChain,
  contract: Parameters<typeof call>[1],
  name: string,
  args: readonly unknown[],
): Promise<void> {
  await sendAll(owner, [call(ccip, contract, name, args)]);
}

/** Gives the verifier of a lane's destination another committee. */
export async function setCommittee(
  { source, destination }: Lane<CcipChain>,
  signers: readonly CommitteeSigner[],
  threshold: number,
): Promise<void> {
  const members = signers.map(({ address }) => address);
  await asOwner(destination, "committeeVerifier", "applySignatureConfigs", [
    [],
    [{ sourceChainSelector: source.selector, threshold, signers: members }],
  ]);
}

/** A second committee at the destination of a lane, behind a resolver of its own. */
export async function deployVerifier(
  lane: Lane<CcipChain>,
  signers: readonly CommitteeSigner[],
  threshold: number,
): Promise<string> {
  const resolver = await deployContract(
    lane.destination.owner,
    released("verifierResolver", "2.0"),
  );
  await addVersion(lane, resolver, COMMITTEE_VERSION_TAG, signers, threshold);
  return resolver;
}

/** Deploys a committee, and has a resolver at the destination of a lane use it for the results of a version. */
export async function addVersion(
  { source, destination }: Lane<CcipChain>,
  resolver: string,
  version: string,
  signers: readonly CommitteeSigner[],
  threshold: number,
): Promise<void> {
  const { owner, ccip } = destination;
  const { interface: verifierAbi } = released("committeeVerifier", "2.0");
  const { interface: resolverAbi } = released("verifierResolver", "2.0");
  const address = await owner.getAddress();
  const verifier = await deployContract(owner, released("committeeVerifier", "2.0"), [
    { feeAggregator: address, allowlistAdmin: address },
    ["elsewhere"],
    ccip.rmnProxy,
    version,
  ]);
  const members = signers.map((signer) => signer.address);
  await sendAll(owner, [
    {
      label: "committee",
      to: verifier,
      data: verifierAbi.encodeFunctionData("applySignatureConfigs", [
        [],
        [{ sourceChainSelector: source.selector, threshold, signers: members }],
      ]),
    },
    {
      label: "resolver",
      to: resolver,
      data: resolverAbi.encodeFunctionData("applyInboundImplementationUpdates", [
        [{ version, verifier }],
      ]),
    },
  ]);
}

/** Has the destination of a lane require these verifiers, too. */
export async function mandate(
  { source, destination }: Lane<CcipChain>,
  laneMandatedCCVs: readonly string[],
): Promise<void> {
  const { ccip } = destination;
  if (ccip.version !== "2.0") throw new Error("CCIP 1.6 has no verifiers.");
  await asOwner(destination, "offRamp", "applySourceChainConfigUpdates", [
    [
      {
        router: ccip.router,
        sourceChainSelector: source.selector,
        isEnabled: true,
        onRamps: [abiCoder.encode(["address"], [source.ccip.onRamp])],
        defaultCCVs: [ccip.verifierResolver],
        laneMandatedCCVs,
      },
    ],
  ]);
}

/** A receiver of CCIP 2.0 that names its own verifiers. */
export async function deployReceiver(
  { owner }: CcipChain,
  required: readonly string[],
  optional: readonly string[],
  threshold: number,
): Promise<string> {
  const file = (folder: string, kind: string) =>
    readFileSync(
      require.resolve(
        `@chainlink/contracts-ccip-releases/${folder}/v2_0_0/mock_receiver_v2.${kind}`,
      ),
      "utf8",
    );
  const code = {
    name: "receiver with verifiers",
    abi: [],
    interface: new Interface(file("abi", "json")),
    bytecode: file("bytecode", "bin").trim(),
  };
  return deployContract(owner, code, [required, optional, threshold]);
}

/** Signs a verifier's results for a message. */
export function answerOf(
  verifier: string,
  messageId: string,
  signers: readonly CommitteeSigner[],
): Verification {
  return { verifier, results: committeeResults(messageId, signers) };
}

/** Tag of `GenericExtraArgsV3`, the extra arguments that only CCIP 2.0 knows. */
const EXTRA_ARGS_V3_TAG = "0xa69dd4aa";

/** Sends a message with what only CCIP 2.0 lets a sender choose. */
export async function sendWith(
  { source, destination }: Lane<CcipChain>,
  {
    receiver,
    data = "0x0102",
    gas = 100_000,
    finality = 0,
    executor = "0x",
  }: {
    readonly receiver: string;
    readonly data?: string;
    readonly gas?: number;
    readonly finality?: number;
    readonly executor?: string;
  },
): Promise<Message20> {
  const { interface: router } = released("router");
  const extraArgs = concat([
    EXTRA_ARGS_V3_TAG,
    toBeHex(gas, 4),
    toBeHex(finality, 4),
    "0x00",
    toBeHex((executor.length - 2) / 2, 1),
    executor,
    "0x0000",
    "0x00",
    "0x0000",
  ]);
  const message = { ...toRouterMessage({ receiver, data }), extraArgs };
  const sender = localAccount(0, source.provider);
  const sent = await sender.sendTransaction({
    to: source.ccip.router,
    data: router.encodeFunctionData("ccipSend", [destination.selector, message]),
    // The router keeps what is too much.
    value: 10n ** 18n,
  });
  const receipt = await sent.wait();
  const [first] = receipt ? messagesIn(receipt) : [];
  if (first?.version !== "2.0") throw new Error("Nothing was sent over CCIP 2.0.");
  return first;
}

/** Has verifiers and executor of a lane's source take messages that wait for fewer blocks. */
export async function allowFastMessages({ source }: Lane<CcipChain>): Promise<void> {
  const oneBlock = toBeHex(1, 4);
  await asOwner(source, "committeeVerifier", "setAllowedFinalityConfig", [oneBlock]);
  await asOwner(source, "executorImplementation", "setDynamicConfig", [
    {
      feeAggregator: await source.owner.getAddress(),
      allowedFinalityConfig: oneBlock,
      ccvAllowlistEnabled: false,
    },
  ]);
}

/** Gas that the source of a lane adds for the OffRamp's own work on a message. */
export async function setBaseGas(
  { source, destination }: Lane<CcipChain>,
  baseExecutionGasCost: number,
): Promise<void> {
  const { ccip } = source;
  if (ccip.version !== "2.0") throw new Error("CCIP 1.6 adds nothing.");
  await asOwner(source, "onRamp", "applyDestChainConfigUpdates", [
    [
      {
        destChainSelector: destination.selector,
        router: ccip.router,
        addressBytesLength: 20,
        tokenReceiverAllowed: false,
        messageNetworkFeeUSDCents: 10,
        tokenNetworkFeeUSDCents: 25,
        baseExecutionGasCost,
        defaultCCVs: [ccip.verifierResolver],
        laneMandatedCCVs: [],
        defaultExecutor: ccip.executor,
        offRamp: destination.ccip.offRamp,
      },
    ],
  ]);
}
