import { expect } from "chai";
import { parseEther } from "ethers";
import { executionState } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { fromHome, indexOf } from "../shared/broadcasting";
import { EXPECTED } from "../shared/ccipExpectations";
import { executionCall } from "../shared/executeManually";
import { expectSuccess, useWorld } from "../shared/scenario";
import type { Route, Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const AMOUNT = parseEther("100");

/** Gas limits of a transaction that executes a message: the lowest do not pay for its data. */
const STEPS = Array.from({ length: 60 }, (_, i) => 60_000n + 19_973n * BigInt(i));

describe(`A third party that executes a message with an arbitrary gas limit (${WORLD_NAME})`, () => {
  const scenario = useWorld();

  const messages: {
    what: string;
    send: (s: Scenario) => Promise<{ route: Route; message: Message }>;
    /** Returns whether it has had its effect. */
    isThere: (s: Scenario) => Promise<boolean>;
  }[] = [
    {
      what: "a broadcast",
      send: async (s) => {
        await s.rebaseHome("5");
        const [message] = (await s.broadcastAll([s.sat1])).messages;
        if (!message) throw new Error("Nothing was sent.");
        return { route: fromHome(s, s.sat1), message };
      },
      isThere: async (s) => (await indexOf(s, s.sat1)).epoch === 2n,
    },
    {
      what: "a transfer",
      send: async (s) => {
        await s.give(s.home, "alice", AMOUNT);
        const route = fromHome(s, s.sat1);
        const { message } = await s.send(route, "alice", AMOUNT, s.address("bob"));
        return { route, message };
      },
      isThere: async (s) => (await s.balanceOf(s.sat1, "bob")) === AMOUNT,
    },
  ];
  for (const { what, send, isThere } of messages) {
    it(`lets ${what} succeed or fail, never counts a failure as success, and prevents no later attempt [C13, D9, D10, I29]`, async () => {
      const s = scenario();
      const { route, message } = await send(s);
      await s.verify(route);
      for (const delay of EXPECTED.manualExecutionDelays) {
        await s.waitUntil(BigInt(await s.now()) + delay + 60n);
      }
      const { provider } = s.ccipChain(route.to);
      const seen = new Set<string>();
      for (const gasLimit of STEPS) {
        const snapshot: unknown = await provider.send("evm_snapshot", []);
        await execute(s, route, message, gasLimit);
        const state = await executionState(s.ccipChain(route.to), message);
        seen.add(state);
        expect(await isThere(s), `${state} with ${gasLimit} gas`).to.equal(state === "success");
        if (state === "failure") {
          expectSuccess([await s.executeManually(route, message.messageId)]);
          expect(await isThere(s), `by hand after ${gasLimit} gas`).to.equal(true);
        }
        await provider.send("evm_revert", [snapshot]);
      }
      expect([...seen]).to.have.members(["untouched", "failure", "success"]);
      await s.expectConserved();
    });
  }
});

/** Sends a transaction of a third party that executes a message; the chain may mine it or not. */
async function execute(
  s: Scenario,
  route: Route,
  message: Message,
  gasLimit: bigint,
): Promise<void> {
  const { to, data } = await executionCall(s.lane(route), message, s.ccip);
  const thirdParty = s.signer(route.to, "thirdParty");
  await thirdParty
    .sendTransaction({ to, data, gasLimit })
    .then((response) => response.wait())
    .catch(() => undefined);
}
