import { topicOf } from "../../../lib/ccip/abi";
import { RampJournal } from "../../../lib/ccip/journal";
import { manualExecution } from "../../../lib/ccip/manualCall";
import { released } from "../shims/releases";
import { clientOf } from "../data/client";
import { getLogs } from "../data/logs";
import { useMesh } from "../data/mesh";
import { hex } from "../deployments";
import type { DeployedChain } from "../deployments";
import type { TrackedMessage } from "../model/messages";
import { readInChunks } from "../model/chunks";
import { chainLabel } from "../model/words";
import { ProgressLine, useAccountAddress, useTransactions } from "./wallet";
import type { Call } from "./wallet";

/** How many blocks around a message its batch is searched in. */
const NEIGHBOURHOOD = 20_000;

/** Executes a failed message by hand: anybody may, who pays the gas. */
export function RepairMessage({ message }: { message: TrackedMessage }) {
  const { mesh, messages } = useMesh();
  const account = useAccountAddress();
  const { send, progress, isBusy } = useTransactions();
  const [source, destination] = [message.source, message.destination].map((name) =>
    mesh.chains.find((chain) => chain.name === name),
  );
  if (message.state !== "failed" || !source || !destination) return null;
  const newer =
    message.kind === "broadcast" &&
    messages.some(
      (other) =>
        other.kind === "broadcast" &&
        other.destination === message.destination &&
        other.state === "executed" &&
        (other.epoch ?? 0n) >= (message.epoch ?? 0n),
    );
  if (newer) return <small>A newer broadcast has arrived: nothing is left to repair.</small>;
  if (!account) return <small>Connect a wallet to execute it by hand; anybody may.</small>;
  return (
    <>
      <button
        type="button"
        className="small"
        disabled={isBusy}
        onClick={() =>
          void send("execute the message by hand", () => manualCalls(source, destination, message))
        }
      >
        Execute by hand on {chainLabel(destination.name)}
      </button>
      <ProgressLine progress={progress} />
    </>
  );
}

/** Rebuilds the proof from what both ramps said. */
async function manualCalls(
  source: DeployedChain,
  destination: DeployedChain,
  { message }: TrackedMessage,
): Promise<Call[]> {
  const { onRamp } = source.ccip;
  const { offRamp } = destination.ccip;
  const sentTopic = topicOf(released("onRamp").interface, "CCIPMessageSent");
  const committedTopic = topicOf(released("offRamp").interface, "CommitReportAccepted");
  const provider = undefined as never;
  const [sent, received] = [
    new RampJournal({ ...source, provider }),
    new RampJournal({ ...destination, provider }),
  ];
  const around = {
    from: Math.max(source.firstBlock, message.blockNumber - NEIGHBOURHOOD),
    to: message.blockNumber + NEIGHBOURHOOD,
  };
  const latest = Number(await clientOf(destination).getBlockNumber());
  const [sentLogs, committedLogs] = await Promise.all([
    readInChunks(around, (range) => getLogs(source, range, [onRamp], [[sentTopic]]), 40_001),
    readInChunks({ from: destination.firstBlock, to: latest }, (range) =>
      getLogs(destination, range, [offRamp], [[committedTopic]]),
    ),
  ]);
  sent.add(sentLogs);
  received.add(committedLogs);
  const views = { source: { ...source, provider }, destination: { ...destination, provider } };
  const call = manualExecution(views, { sent, received }, message);
  return [{ chain: destination, to: call.to, data: hex(call.data), minGas: call.gasLimit }];
}
