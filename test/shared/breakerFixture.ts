import { time } from "@nomicfoundation/hardhat-network-helpers";
import { id } from "ethers";
import type { ContractTransactionResponse } from "ethers";

import { GENESIS_INDEX, ceilDiv } from "./indexes";
import { HOME_SELECTOR, abiEncodedAddress, receiverFixture } from "./receiverFixture";
import type { ReceiverWorld } from "./receiverFixture";
import { ROLES } from "./tokenFixture";

export const DAY = 86_400n;
/** +5 % or -1 % a day, three steps at once, five by hand. */
export const BAND = {
  maxGrowth: 50_000n,
  maxLoss: 10_000n,
  minInterval: DAY,
  maxSteps: 3n,
  maxStepsByHand: 5n,
} as const;

export const NO_BAND = {
  maxGrowth: 0n,
  maxLoss: 0n,
  minInterval: 0n,
  maxSteps: 0n,
  maxStepsByHand: 0n,
} as const;

/** The values of a broadcast. */
export interface Message {
  readonly epoch: bigint;
  readonly current: bigint;
  readonly next: bigint;
  readonly effectiveAt?: bigint;
  /** The receiver's time unless given. */
  readonly sentAt?: bigint;
}

/** A receiver at epoch 5 of home, with a band from there. */
export async function breakerFixture(): Promise<ReceiverWorld> {
  const world = await receiverFixture();
  await deliver(world, { epoch: 5n, current: GENESIS_INDEX, next: GENESIS_INDEX });
  await world.receiver.setBand(BAND);
  await world.token.grantRole(ROLES.guardian, world.broadcaster);
  await world.token.grantRole(ROLES.unpauser, world.thirdParty);
  return world;
}

/** Delivers a broadcast as the router does. */
export async function deliver(
  { receiver, codec, router, broadcaster }: ReceiverWorld,
  { epoch, current, next, effectiveAt = 0n, sentAt }: Message,
): Promise<ContractTransactionResponse> {
  const data = await codec.encodeBroadcast(
    epoch,
    current,
    next,
    effectiveAt,
    sentAt ?? BigInt(await time.latest()),
  );
  return receiver.connect(router).ccipReceive({
    messageId: messageIdOf({ epoch, next }),
    sourceChainSelector: HOME_SELECTOR,
    sender: abiEncodedAddress(broadcaster.address),
    data,
    destTokenAmounts: [],
  });
}

/** The id of the message that {@link deliver} delivers. */
export const messageIdOf = ({ epoch, next }: Pick<Message, "epoch" | "next">): string =>
  id(`${epoch}/${next}`);

/** An index that counts at once: current and next are the same. */
export const at = (epoch: bigint, index: bigint): Message => ({
  epoch,
  current: index,
  next: index,
});

/** The index after balances grew by a factor in millionths, rounded up as home rounds. */
const times = (index: bigint, millionths: bigint): bigint =>
  ceilDiv(index * 1_000_000n, millionths);
/** The index after so many gains, or one loss, at the bound of {@link BAND}. */
export const grown = (index: bigint, steps = 1): bigint =>
  steps === 0 ? index : grown(times(index, 1_050_000n), steps - 1);
export const shrunk = (index: bigint): bigint => times(index, 990_000n);

/** The values by which a person names what is held back. */
export const valuesOf = ({ epoch, current, next, effectiveAt = 0n }: Message) =>
  [epoch, current, next, effectiveAt] as const;
