import { zeroHash } from "viem";
import type { Hex } from "viem";
import { decodeRevert } from "ccip-localnet/protocol";

import { all, lastRead, map, unread } from "../model/reading";
import type { Reading } from "../model/reading";
import { decodePayload } from "../model/proposals";
import type { Proposal, StateThere } from "../model/proposals";
import { hex } from "../deployments";
import type { DeployedChain, MeshDescription } from "../deployments";
import { briefReason } from "core/reasons/catalogue";
import type { ChainLog } from "./cache";
import { readNewest } from "./client";
import type { ChainClient } from "./client";
import { decodeOwn } from "./events";
import { ownErrors, useMesh } from "./mesh";
import { useReadings } from "./useReadings";

/** Returns the proposals that home has made, the newest first. */
export function proposalsIn(mesh: MeshDescription, logs: readonly ChainLog[]): Proposal[] {
  const known = new Map<string, Proposal>();
  for (const log of logs) {
    if (log.address !== mesh.home.contracts.proposalSender) continue;
    const event = decodeOwn(mesh, "proposalSender", log);
    if (!event || !("nonce" in event.args)) continue;
    const { selector, nonce } = event.args;
    const key = `${selector} ${nonce}`;
    if (event.eventName === "ProposalCreated") {
      const destination = mesh.chains.find((chain) => chain.selector === selector);
      // A satellite that has left the mesh is no longer read.
      if (!destination) continue;
      const { id, validUntil, payload } = event.args;
      known.set(key, {
        destination,
        nonce,
        id,
        validUntil: Number(validUntil),
        createdAt: log.time,
        ...decodePayload(payload),
        messageId: undefined,
        refusal: undefined,
      });
      continue;
    }
    const before = known.get(key);
    if (before && event.eventName === "ProposalSent")
      known.set(key, { ...before, messageId: event.args.messageId, refusal: undefined });
    // What was sent before and refused now is still on its way.
    if (before && event.eventName === "ProposalFailed")
      known.set(key, {
        ...before,
        refusal: briefReason(decodeRevert(event.args.reason, ownErrors(mesh))),
      });
  }
  return [...known.values()].reverse();
}

/** Reads what became of proposals on their satellites; unread for one that the newest reading does not include. */
export function useStatesThere(
  proposals: readonly Proposal[],
): (proposal: Proposal) => Reading<StateThere> {
  const { mesh, chainOf } = useMesh();
  const chains = mesh.satellites.filter(({ contracts }) => contracts.proposalReceiver);
  const readings = useReadings<ReadonlyMap<bigint, StateThere>>(chains, {
    key: ["proposals"],
    read: (chain) =>
      readNewest(chain, (client, blockNumber) =>
        readStates(
          mesh,
          chain,
          proposals.filter(({ destination }) => destination === chain),
          client,
          blockNumber,
        ),
      ),
    interval: mesh.live ? 12_000 : 2_000,
  });
  return ({ destination, nonce }) => {
    const reading = readings[chains.indexOf(destination)] ?? unread(destination.name);
    const known = lastRead(reading)?.value.get(nonce);
    if (!known) return unread(destination.name);
    return map(all([reading, chainOf(destination.name).snapshot]), () => known);
  };
}

async function readStates(
  { own }: MeshDescription,
  { contracts }: DeployedChain,
  proposals: readonly Proposal[],
  client: ChainClient,
  blockNumber: bigint,
): Promise<ReadonlyMap<bigint, StateThere>> {
  const receiver = {
    address: hex(contracts.proposalReceiver ?? ""),
    abi: own.proposalReceiver,
    blockNumber,
  } as const;
  const timelock = {
    address: await client.readContract({ ...receiver, functionName: "getTimelock" }),
    abi: own.timelock,
    blockNumber,
  } as const;
  return new Map(
    await Promise.all(
      proposals.map(async ({ nonce, predecessor }): Promise<[bigint, StateThere]> => {
        const [state, id] = await client.readContract({
          ...receiver,
          functionName: "getProposal",
          args: [nonce],
        });
        const timeOf = (operation: Hex) =>
          client.readContract({ ...timelock, functionName: "getTimestamp", args: [operation] });
        const readyAt = id === zeroHash ? 0n : await timeOf(id);
        // A timelock gives the time 1 to what is done.
        const isNext = predecessor === zeroHash || (await timeOf(predecessor)) === 1n;
        return [nonce, { state, readyAt: Number(readyAt), isNext }];
      }),
    ),
  );
}
