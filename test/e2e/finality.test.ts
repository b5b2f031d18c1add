import { call, sendAll } from "ccip-localnet";
import { messagesIn, readOne, released, toRouterMessage } from "ccip-localnet/protocol";
import type { Execution, Message } from "ccip-localnet/protocol";
import { expect } from "chai";
import { concat, toBeHex } from "ethers";
import { z } from "zod";

import { encodeBroadcast, indexOf, outcomesOf } from "../shared/broadcasting";
import { EXPECTED } from "../shared/ccipExpectations";
import { expectSuccess, failureOf, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const RECEIVER_GAS = 150_000n;

/** Finality that a sender may ask for in CCIP 2.0, as `FinalityCodec` writes it. */
const FASTER = [
  { asks: "one block", finality: "0x00000001" },
  { asks: "the safe head", finality: "0x00010000" },
] as const;

describe(`A broadcast that does not wait for finality (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    // Everybody on the lane but the receiver takes fast messages, and the receiver follows an account that sends what it likes.
    const { ccip, owner } = s.ccipChain(s.home);
    await sendAll(
      owner,
      EXPECTED.fastLane.map(([contract, name, args]) =>
        call(ccip, contract, name, args(s.address("deployer"))),
      ),
    );
    const receiver = s.receiverOn(s.sat1, await s.timelock(s.sat1));
    await (await receiver.setSource(s.home.selector, s.address("thirdParty"))).wait();
  });

  for (const { asks, finality } of FASTER) {
    it(`and requests ${asks}: never rebases, however often it is executed; the same is accepted at full finality [D26]`, async () => {
      const s = scenario();
      const before = await indexOf(s, s.sat1);
      const state = { ...before, epoch: before.epoch + 6n, next: before.next + 1n };
      const fast = concat(["0xa69dd4aa", toBeHex(RECEIVER_GAS, 4), finality, toBeHex(0, 7)]);

      const messages: Message[] = [];
      const outcome = await sendState(s, encodeBroadcast(state), fast).then(
        async (sent) => {
          messages.push(...sent);
          // The executor leaves alone what the receiver refuses; anybody may try.
          expect(await s.deliver()).to.be.empty;
          return outcomesOf(await byHand(s, sent)).join();
        },
        (error: unknown) => failureOf(Promise.reject(error as Error)),
      );
      expect(outcome).to.equal(EXPECTED.fastBroadcast(finality));
      for (const message of messages) {
        expect(await failureOf(byHand(s, [message]))).to.include("InvalidRequestedFinality");
      }
      expect(await indexOf(s, s.sat1)).to.deep.equal(before);

      await sendState(s, encodeBroadcast(state));
      expectSuccess(await s.deliver());
      expect(await indexOf(s, s.sat1)).to.deep.equal(state);
    });
  }
});

/** Executes messages to the first satellite as anybody may. */
function byHand(s: Scenario, messages: readonly Message[]): Promise<Execution[]> {
  const route = { from: s.home, to: s.sat1 };
  return Promise.all(messages.map(({ messageId }) => s.executeManually(route, messageId)));
}

/** Sends a payload to the receiver of the first satellite, as a broadcaster does unless other extra args are given. */
async function sendState(s: Scenario, data: string, extraArgs?: string): Promise<Message[]> {
  const { receiver } = s.sat1.contracts;
  const message = {
    ...toRouterMessage({ receiver, data, gasLimit: RECEIVER_GAS }),
    ...(extraArgs && { extraArgs }),
  };
  const router = { address: s.home.ccip.router, interface: released("router").interface };
  const args = [s.sat1.selector, message];
  const fee = await readOne(s.home.provider, router, "getFee", args, z.bigint());
  const receipts = await sendAll(s.signer(s.home, "thirdParty"), [
    {
      label: "ccipSend",
      to: router.address,
      value: fee,
      data: router.interface.encodeFunctionData("ccipSend", args),
    },
  ]);
  return receipts.flatMap((receipt) => messagesIn(receipt));
}
