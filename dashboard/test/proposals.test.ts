import { AbiCoder, Interface, getAddress } from "ethers";
import { zeroHash } from "viem";
import type { Hex } from "viem";
import { describe, expect, it } from "vitest";

import { failedSince, readAt, unread } from "../src/model/reading";
import type { DeployedChain } from "../src/deployments";
import type { MessageState } from "../src/model/messages";
import { callText, decodePayload, progressOf } from "../src/model/proposals";
import type { Proposal, StateThere } from "../src/model/proposals";

const TOKEN = getAddress(`0x${"a".repeat(40)}`);
const abi = new Interface(["function setBand(uint256 band)"]);
const data = abi.encodeFunctionData("setBand", [5n]) as Hex;

const destination = {
  name: "local-sat1",
  contracts: { token: TOKEN, pool: "0xa1", proposalReceiver: "0xb1" },
} as DeployedChain;
const proposal: Proposal = {
  destination,
  nonce: 3n,
  id: "0x1d",
  validUntil: 1_000,
  createdAt: 100,
  calls: [{ target: TOKEN, data }],
  predecessor: zeroHash,
  messageId: "0x3e",
  refusal: undefined,
};
const at = { source: "local-sat1", block: 7n, time: 200 };
const there = (state: number, readyAt = 0, isNext = true) =>
  readAt<StateThere>({ state, readyAt, isNext }, at);
const silence = { source: "local-sat1", since: 250, reason: "it does not answer" };
const message = (state: MessageState, reason?: string) => ({ state: readAt(state, at), reason });

describe("The payload of a proposal", () => {
  it("contains its calls, in order", () => {
    const payload = AbiCoder.defaultAbiCoder().encode(
      ["uint8", "uint64", "uint64", "tuple(address[],uint256[],bytes[],bytes32,bytes32,uint256)"],
      [
        1,
        3,
        1_000,
        [[TOKEN, TOKEN], [0, 1], [data, "0x"], `0x${"0".repeat(64)}`, `0x${"1".repeat(64)}`, 60],
      ],
    );
    expect(decodePayload(payload as Hex)).toEqual({
      calls: [
        { target: TOKEN, data },
        { target: TOKEN, data: "0x" },
      ],
      predecessor: zeroHash,
    });
  });

  it("names known functions and contracts, and shows the others as they are", () => {
    expect(callText({ target: TOKEN.toLowerCase(), data }, destination, [abi])).toBe(
      "setBand of the token",
    );
    expect(callText({ target: "0xB1", data }, destination, [abi])).toBe(
      "setBand of the proposal receiver",
    );
    expect(
      callText({ target: `0x${"c".repeat(40)}`, data: "0x12345678" }, destination, [abi]),
    ).toBe("0x12345678 of 0xcccc…cccc");
  });
});

describe("The progress of a proposal", () => {
  it.each([
    {
      what: "its lane took no message",
      change: { messageId: undefined },
      state: 0,
      text: "not sent",
    },
    { what: "it was sent", state: 0, text: "on its way" },
    { what: "its last second has come", state: 0, now: 1_000, text: "on its way" },
    { what: "nobody scheduled it in time", state: 0, now: 1_001, text: "expired on its way" },
    { what: "the timelock waits", state: 1, readyAt: 600, text: "scheduled" },
    {
      what: "the timelock waits, and the operation before it is not done either",
      state: 1,
      readyAt: 600,
      isNext: false,
      text: "scheduled",
    },
    { what: "the delay has passed", state: 1, readyAt: 500, text: "executable" },
    {
      what: "the operation before it is not done",
      state: 1,
      readyAt: 500,
      isNext: false,
      text: "behind another",
    },
    { what: "CCIP called no receiver", state: 0, sent: "executed" as const, text: "not taken" },
    { what: "the timelock has done it", state: 1, readyAt: 1, text: "executed" },
    { what: "the timelock has it no more", state: 1, readyAt: 0, text: "cancelled" },
    { what: "the guardian cancelled its nonce", state: 2, text: "cancelled" },
    { what: "it arrived too late", state: 3, text: "expired" },
  ])(
    "is $text when $what",
    ({ change, state, readyAt, isNext, sent = "sent" as const, now = 500, text }) => {
      const shown = progressOf(
        { ...proposal, ...change },
        there(state, readyAt, isNext),
        message(sent),
        now,
      );
      expect(shown.text).toBe(text);
    },
  );

  it("names why it was not sent or failed, and how to send it again", () => {
    const refused = { ...proposal, messageId: undefined, refusal: "the lane is cursed" };
    const again = "npx hardhat proposals resend --chain local-sat1 --nonce 3";
    expect(progressOf(refused, there(0), undefined, 500).detail).toMatch(
      new RegExp(`^the lane is cursed; valid until .*${again}$`),
    );
    const failed = progressOf(proposal, there(0), message("failed", "not a proposer"), 500);
    expect(failed).toMatchObject({ tone: "bad", text: "failed on arrival" });
    expect(failed.detail).toMatch(new RegExp(`^not a proposer; .*${again}$`));
  });

  it("is unknown until its satellite is read, and open only as far as it was last read", () => {
    expect(progressOf(proposal, unread("local-sat1"), message("sent"), 500)).toMatchObject({
      tone: "muted",
      text: "unknown",
      detail: "unknown until Satellite 1 is read",
    });
    expect(
      progressOf(proposal, failedSince(there(1, 600), silence), message("executed"), 500).text,
    ).toBe("scheduled when Satellite 1 was last read");
    expect(
      progressOf(proposal, failedSince(there(1, 1), silence), message("executed"), 500).text,
    ).toBe("executed");
  });
});
