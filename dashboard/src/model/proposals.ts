import type { Interface } from "ethers";
import { decodeAbiParameters } from "viem";
import type { Hex } from "viem";

import { lastRead, match } from "./reading";
import type { Reading } from "./reading";
import type { DeployedChain } from "../deployments";
import type { MessageState } from "./messages";
import { chainLabel, pinnedBlock, short, unknownUntil } from "./words";
import { isSame } from "./worth";

/** A call that a timelock is to make. */
export interface ProposedCall {
  readonly target: string;
  readonly data: Hex;
}

/** A batch of calls that home proposes to the timelock of a satellite. */
export interface Proposal {
  readonly destination: DeployedChain;
  readonly nonce: bigint;
  /** Id of the operation at the timelock. */
  readonly id: string;
  /** Unix seconds after which it is not scheduled any more. */
  readonly validUntil: number;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly calls: readonly ProposedCall[];
  /** Id of the operation that has to be done before; zero for none. */
  readonly predecessor: Hex;
  /** CCIP's id of its newest message; undefined while none was sent. */
  readonly messageId: string | undefined;
  /** Reason why its lane took no message at the last attempt. */
  readonly refusal: string | undefined;
}

/** State of a proposal on its satellite. */
export interface StateThere {
  /** The receiver's: unknown, scheduled, cancelled, expired. */
  readonly state: number;
  /** The timelock's: unix seconds from which it may be executed, 1 once it is done, 0 if there is no operation. */
  readonly readyAt: number;
  /** False while the operation before it is not done. */
  readonly isNext: boolean;
}

const PAYLOAD = [
  { type: "uint8" },
  { type: "uint64" },
  { type: "uint64" },
  {
    type: "tuple",
    components: [
      { name: "targets", type: "address[]" },
      { name: "values", type: "uint256[]" },
      { name: "payloads", type: "bytes[]" },
      { name: "predecessor", type: "bytes32" },
      { name: "salt", type: "bytes32" },
      { name: "delay", type: "uint256" },
    ],
  },
] as const;

/** Returns the calls and the predecessor in the payload of a proposal, as ProposalCodec packs them. */
export function decodePayload(payload: Hex): Pick<Proposal, "calls" | "predecessor"> {
  const [, , , { targets, payloads, predecessor }] = decodeAbiParameters(PAYLOAD, payload);
  const calls = targets.map((target, i) => ({ target, data: payloads[i] ?? "0x" }));
  return { calls, predecessor };
}

/** Describes a call: "setRouter of the pool"; an unknown function by its selector, an unknown contract by its address. */
export function callText(
  { target, data }: ProposedCall,
  { contracts }: Pick<DeployedChain, "contracts">,
  abis: readonly Interface[],
): string {
  const contract = Object.entries(contracts).find(
    ([, address]) => address !== undefined && isSame(address, target),
  )?.[0];
  const called = abis
    .map((abi) => abi.getFunction(data.slice(0, 10))?.name)
    .find((name) => name !== undefined);
  return `${called ?? data.slice(0, 10)} of ${contract ? `the ${wordsOf(contract)}` : short(target)}`;
}

/** Converts a key of the deployments file to words: `proposalReceiver` to "proposal receiver". */
function wordsOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Progress of a proposal, as text. */
export interface Progress {
  readonly tone: "good" | "wait" | "bad" | "muted";
  readonly text: string;
  /** Until when, or from when on; or the repair. */
  readonly detail: string;
  /** False once nothing more happens to it. */
  readonly isOpen: boolean;
}

/**
 * Returns the progress of a proposal.
 * @param there what its satellite says.
 * @param message the state of its newest message, and the reason of its failure.
 * @param now time of the satellite, unix seconds.
 */
export function progressOf(
  proposal: Proposal,
  there: Reading<StateThere>,
  message:
    { readonly state: Reading<MessageState>; readonly reason: string | undefined } | undefined,
  now: number,
): Progress {
  const { destination } = proposal;
  return match<StateThere, Progress>(there, {
    unread: (names) => ({
      tone: "muted",
      text: "unknown",
      detail: unknownUntil(names),
      isOpen: true,
    }),
    read: (state) => progressThere(state, now) ?? onItsWay(proposal, message, now),
    stale: (state) => {
      const last = progressThere(state, now) ?? onItsWay(proposal, message, now);
      // What is done, cancelled or expired stays so.
      if (!last.isOpen) return last;
      const age = `when ${chainLabel(destination.name)} was last read`;
      return { ...last, tone: "muted", text: `${last.text} ${age}` };
    },
  });
}

const CLOSED = { isOpen: false, detail: "" } as const;

/** Returns the progress at the satellite; undefined before its arrival. */
function progressThere({ state, readyAt, isNext }: StateThere, now: number): Progress | undefined {
  switch (state) {
    case 1:
      if (readyAt === 1) return { ...CLOSED, tone: "good", text: "executed" };
      // An operation that the receiver scheduled and the timelock does not have was cancelled there.
      if (readyAt === 0) return { ...CLOSED, tone: "muted", text: "cancelled" };
      if (now >= readyAt && !isNext)
        return {
          tone: "wait",
          text: "behind another",
          detail:
            "waits for the operation before it, which is not done: npx hardhat proposals show",
          isOpen: true,
        };
      return now < readyAt
        ? {
            tone: "wait",
            text: "scheduled",
            detail: `may be executed from ${pinnedBlock(readyAt)} on`,
            isOpen: true,
          }
        : { tone: "wait", text: "executable", detail: "waits to be executed there", isOpen: true };
    case 2:
      return { ...CLOSED, tone: "muted", text: "cancelled" };
    case 3:
      return { ...CLOSED, tone: "muted", text: "expired" };
    default:
      return undefined;
  }
}

function onItsWay(
  { destination, nonce, validUntil, messageId, refusal }: Proposal,
  message:
    { readonly state: Reading<MessageState>; readonly reason: string | undefined } | undefined,
  now: number,
): Progress {
  if (now > validUntil) return { ...CLOSED, tone: "muted", text: "expired on its way" };
  const until = `valid until ${pinnedBlock(validUntil)}`;
  const again = `send it again: npx hardhat proposals resend --chain ${destination.name} --nonce ${nonce}`;
  if (messageId === undefined)
    return {
      tone: "bad",
      text: "not sent",
      detail: `${refusal ?? "no reason is known"}; ${until}, ${again}`,
      isOpen: true,
    };
  const last = message && lastRead(message.state)?.value;
  if (last === "failed")
    return {
      tone: "bad",
      text: "failed on arrival",
      detail: `${message?.reason ?? "no reason given"}; ${until}. Execute its message by hand, or ${again}`,
      isOpen: true,
    };
  if (last === "executed")
    return {
      tone: "bad",
      text: "not taken",
      detail: `CCIP executed its message without calling the receiver; ${until}, ${again}`,
      isOpen: true,
    };
  return { tone: "wait", text: "on its way", detail: until, isOpen: true };
}
