import { chainsOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { bandText, quarantineText } from "../../mesh/components/circuitBreaker";
import type { CircuitBreaker } from "../../mesh/components/circuitBreaker";
import type { ChainState } from "../../mesh/state";
import { chainText, who } from "../../mesh/stepBuilders";
import { confirmedText } from "../rebase/status";
import { formatTable } from "../text";

/** A contract that takes messages of another chain, or is sent them. */
interface Paired {
  /** Network name. */
  readonly chain: string;
  readonly address: string;
  /** Gas of a message to it. */
  readonly gasLimit?: bigint;
}

/** Returns what a satellite believes, and what its optional contracts are paired with, where it has them. */
export function pairingDocument(mesh: Mesh, now: ChainState) {
  const { proposals, bridges } = pairings(mesh, now);
  return {
    ...(now.role === "satellite" && { receiver: beliefOf(now.receiver.circuitBreaker) }),
    ...(proposals && { proposalsWith: proposals }),
    ...(bridges && { bridges }),
  };
}

function beliefOf({ band, lastConfirmed, generation, quarantined }: CircuitBreaker) {
  return {
    band: band.maxSteps === 0n ? null : band,
    lastConfirmed,
    generation,
    quarantined: quarantined ?? null,
  };
}

/** Describes what satellites believe where a band bounds it, and what optional contracts are paired with. */
export function pairingText(mesh: Mesh, states: readonly ChainState[]): string[] {
  const believing = states.flatMap((now) => {
    if (now.role !== "satellite") return [];
    const { band, lastConfirmed, generation, quarantined } = now.receiver.circuitBreaker;
    if (band.maxSteps === 0n && generation === 0n && !quarantined) return [];
    return [
      [
        now.chain,
        bandText(band),
        confirmedText({ lastConfirmed, timestamp: now.timestamp }),
        String(generation),
        quarantined ? quarantineText(quarantined) : "nothing",
      ],
    ];
  });
  const paired = states.flatMap((now) => {
    const { proposals, bridges } = pairings(mesh, now);
    const part = now.role === "home" ? "proposal sender" : "proposal receiver";
    return [
      ...(proposals ? [[part, now.chain, pairedText(mesh, proposals)]] : []),
      ...(bridges ? [["wrapped bridge", now.chain, pairedText(mesh, bridges)]] : []),
    ];
  });
  const head = ["satellite", "band", "confirmed by home", "generation", "holds back"];
  return [
    ...(believing.length > 0 ? ["", formatTable(head, believing, 5)] : []),
    ...(paired.length > 0 ? ["", formatTable(["contract", "on", "paired with"], paired, 3)] : []),
  ];
}

function pairings(
  mesh: Mesh,
  now: ChainState,
): { readonly proposals?: readonly Paired[]; readonly bridges?: readonly Paired[] } {
  const bridges =
    now.wrappedBridge &&
    [...now.wrappedBridge.remotes].map(([selector, { bridge, gasLimit }]) => ({
      chain: chainText(mesh, selector),
      address: bridge,
      gasLimit,
    }));
  const proposals = proposalsOf(mesh, now);
  return { ...(proposals && { proposals }), ...(bridges && { bridges }) };
}

function proposalsOf(mesh: Mesh, now: ChainState): readonly Paired[] | undefined {
  if (now.role === "home") {
    return (
      now.proposalSender &&
      [...now.proposalSender.destinations].map(([selector, { receiver, gasLimit }]) => ({
        chain: chainText(mesh, selector),
        address: receiver,
        gasLimit,
      }))
    );
  }
  if (!now.proposalReceiver) return undefined;
  const { sourceSelector, sender } = now.proposalReceiver;
  return sourceSelector === 0n ? [] : [{ chain: chainText(mesh, sourceSelector), address: sender }];
}

function pairedText(mesh: Mesh, paired: readonly Paired[]): string {
  return paired.map((one) => oneText(chainsOf(mesh), one)).join(", ") || "nobody";
}

/** Names a contract of the mesh by its chain, and any other one by its address too. */
function oneText(chains: readonly MeshChain[], { chain, address, gasLimit }: Paired): string {
  const contracts = chains.find(({ name }) => name === chain)?.contracts ?? {};
  const isKnown = Object.values(contracts).includes(address);
  const gas = gasLimit === undefined ? "" : ` with ${gasLimit} gas`;
  return `${isKnown ? chain : `${who(address)} on ${chain}`}${gas}`;
}
