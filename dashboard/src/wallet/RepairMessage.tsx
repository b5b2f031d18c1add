import { useQuery } from "@tanstack/react-query";
import { z } from "zod";
import {
  manualExecution,
  RampJournal,
  released,
  topicOf,
  verifiedExecution,
} from "ccip-localnet/protocol";
import type { ManualCall, Message, Message16, Message20 } from "ccip-localnet/protocol";

import { lastRead, map } from "../model/reading";
import { broadcastCall, quoteBroadcast } from "../data/broadcast";
import { clientOf } from "../data/client";
import { getLogs } from "../data/logs";
import { laneOf, useMesh } from "../data/mesh";
import { intakesOf } from "../data/ramps";
import { verificationsOf } from "../data/verifications";
import { hex, nativeSymbol } from "../deployments";
import type { DeployedChain, MeshDescription } from "../deployments";
import type { RefusedBroadcast, TrackedMessage } from "../model/messages";
import { repairsOf } from "../model/repair";
import { readInChunks } from "../model/chunks";
import { chainLabel, tokens } from "../model/words";
import { ProgressLine, useTransactions } from "./transactions";
import { useAccountAddress } from "./wallet";

/** Blocks around a message in which its batch is searched. */
const NEIGHBOURHOOD = 20_000;

/** Shows the actions for a message that has not arrived, available to any account. */
export function RepairMessage({ message }: { message: TrackedMessage | RefusedBroadcast }) {
  const { mesh, chains, now } = useMesh();
  const account = useAccountAddress();
  const { send, progress, isBusy } = useTransactions();
  const source = mesh.chains.find(({ name }) => name === message.source);
  const reading = chains.find(({ chain }) => chain.name === message.destination);
  const isOpen = message.kind === "refused" || lastRead(message.state)?.value !== "executed";
  const executionThreshold = useExecutionThreshold(
    mesh,
    isOpen && message.kind !== "refused" ? message.message : undefined,
    reading?.chain,
  );
  if (!isOpen || !source || !reading) return null;
  const destination = reading.chain;
  const repairs = repairsOf(message, {
    epochThere: map(reading.snapshot, ({ epoch }) => epoch),
    executionThreshold,
    findsVerifications: mesh.publishesVerifications,
    age: now(message.destination) - message.sentAt,
  });
  if (repairs.note) return <small>{repairs.note}</small>;
  if (!repairs.execute && !repairs.broadcast) return null;
  if (!account) {
    return (
      <small>
        Connect a wallet to {repairs.execute ? "execute it by hand" : "broadcast it again"}; anybody
        may who pays {repairs.execute ? "the gas" : "the fee"}.
      </small>
    );
  }
  return (
    <div className="repair">
      {repairs.execute && message.kind !== "refused" && (
        <button
          type="button"
          className="small"
          disabled={isBusy}
          onClick={() =>
            void send("execute the message by hand", async () => {
              const call = await manualCall(mesh, source, destination, message.message);
              const { to, data, gasLimit } = call;
              return [{ chain: destination, to, data: hex(data), minGas: gasLimit }];
            })
          }
        >
          Execute by hand on {chainLabel(destination.name)}
        </button>
      )}
      {repairs.broadcast && (
        <Rebroadcast
          destination={destination}
          isBusy={isBusy}
          onSend={() =>
            void send(`broadcast to ${chainLabel(destination.name)}`, async () => [
              await broadcastCall(mesh, [destination.selector]),
            ])
          }
        />
      )}
      <ProgressLine progress={progress} />
    </div>
  );
}

function Rebroadcast({
  destination,
  isBusy,
  onSend,
}: {
  destination: DeployedChain;
  isBusy: boolean;
  onSend: () => void;
}) {
  const { mesh, home } = useMesh();
  const isCursed = lastRead(
    map(home, ({ lanes }) => laneOf(lanes, destination.selector).isCursed),
  )?.value;
  const { data: quote } = useQuery({
    queryKey: ["broadcast", destination.name],
    queryFn: () => quoteBroadcast(mesh, [destination.selector]),
    refetchInterval: 10_000,
  });
  if (isCursed) return <small>The lane is cursed: broadcast again once the curse is lifted.</small>;
  if (quote?.total === 0n)
    return <small>The lane gives no fee now: broadcast again once it is back.</small>;
  return (
    <button type="button" className="small" disabled={isBusy || !quote} onClick={onSend}>
      Broadcast again to {chainLabel(destination.name)}
      {quote && ` for ${tokens(quote.total, nativeSymbol(mesh.home), 6)}`}
    </button>
  );
}

/** Returns the seconds that CCIP 1.6 has to execute a message before any account may; undefined while unknown. */
function useExecutionThreshold(
  mesh: MeshDescription,
  message: Message | undefined,
  chain: DeployedChain | undefined,
): number | undefined {
  const { data } = useQuery({
    queryKey: ["execution threshold", chain?.name, message?.onRamp],
    enabled: chain !== undefined && message?.version === "1.6",
    staleTime: Infinity,
    refetchInterval: ({ state }) => (state.data === undefined ? 5_000 : false),
    queryFn: async () => {
      if (!chain || !message) throw new Error("There is no chain to ask.");
      const config = await clientOf(chain).readContract({
        address: hex(await offRampOf(mesh, chain, message)),
        abi: mesh.ccip.offRamp,
        functionName: "getDynamicConfig",
      });
      return dynamicConfig.parse(config).permissionLessExecutionThresholdSeconds;
    },
  });
  return data;
}

const dynamicConfig = z.object({ permissionLessExecutionThresholdSeconds: z.number() });

/** Finds the OffRamp of CCIP 1.6 that accepts a message: CCIP may have replaced it since. */
async function offRampOf(
  mesh: MeshDescription,
  destination: DeployedChain,
  { sourceSelector, onRamp }: Message,
): Promise<string> {
  const source = mesh.chains.find(({ selector }) => selector === sourceSelector);
  const intakes = source ? await intakesOf(mesh, destination, source) : [];
  const intake = intakes.find((candidate) => candidate.onRamp === onRamp);
  if (intake) return intake.offRamp;
  throw new Error(
    `No OffRamp that is known on ${chainLabel(destination.name)} takes what the OnRamp ${onRamp} sends: CCIP is replacing its ramps. Try again later.`,
  );
}

function manualCall(
  mesh: MeshDescription,
  source: DeployedChain,
  destination: DeployedChain,
  message: Message,
): Promise<ManualCall> {
  return message.version === "1.6"
    ? provenCall(mesh, source, destination, message)
    : verifiedCall(message);
}

/** Builds the manual execution from the message's verifier results. */
async function verifiedCall(message: Message20): Promise<ManualCall> {
  const answers = await verificationsOf(message.messageId);
  if (answers.length > 0) return verifiedExecution(message, answers);
  throw new Error(
    "No verifier has answered for the message yet. It was not sent: try again later.",
  );
}

/** Builds the manual execution with a proof from the events of both ramps. */
async function provenCall(
  mesh: MeshDescription,
  source: DeployedChain,
  destination: DeployedChain,
  message: Message16,
): Promise<ManualCall> {
  const { onRamp } = message;
  const offRamp = await offRampOf(mesh, destination, message);
  const sentTopic = topicOf(released("onRamp").interface, "CCIPMessageSent");
  const committedTopic = topicOf(released("offRamp").interface, "CommitReportAccepted");
  const provider = undefined as never;
  const ramped = ({ name, selector }: DeployedChain) => ({
    name,
    selector,
    provider,
    ccip: { version: message.version, onRamp, offRamp },
  });
  const lane = { source: ramped(source), destination: ramped(destination) };
  const [sent, received] = [new RampJournal(lane.source), new RampJournal(lane.destination)];
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
  return manualExecution(lane, { sent, received }, message);
}
