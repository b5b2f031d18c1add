import { expect } from "chai";

import { abi } from "../../lib/core/abis";
import { ListenerOfTests__factory, RebaseNotifier__factory } from "../../typechain-types";
import type { RebaseNotifier } from "../../typechain-types";
import { eventsIn, fromHome, indexOf } from "../shared/broadcasting";
import { expectSuccess, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const LISTENER_GAS = 200_000n;
/** Burns all the gas that it is given. */
const BURN_GAS = 2;

describe(`Listeners of a satellite that follows home at once (${WORLD_NAME})`, () => {
  let notifier: RebaseNotifier;
  let address: string;
  // Three listeners, of which the first takes all gas and fails.
  const scenario = useWorld(async (s) => {
    const { owner } = s.ccipChain(s.sat1);
    notifier = await new RebaseNotifier__factory(owner).deploy(s.sat1.contracts.token, owner);
    address = await notifier.getAddress();
    for (const behaviour of [BURN_GAS, 0, 0]) {
      const listener = await new ListenerOfTests__factory(owner).deploy();
      await mined(listener.setBehaviour(behaviour));
      await mined(notifier.setListener(listener, LISTENER_GAS));
    }
    const receiver = s.receiverOn(s.sat1, await s.timelock(s.sat1));
    await mined(receiver.setNotifier(notifier));
  });

  it("are all called in the transaction that sets the index, with the gas that the broadcaster buys", async () => {
    const s = scenario();
    const gas = 150_000n + (await notifier.getNotifyGas());
    expect(await eventsOf(s, gas)).to.deep.equal([
      "ListenerFailed",
      "ListenerNotified",
      "ListenerNotified",
    ]);
  });

  for (const { missing, events } of [
    {
      missing: 450_000n,
      events: ["ListenerFailed", "ListenerSkipped", "ListenerSkipped"],
    },
    {
      missing: 650_000n,
      events: ["ListenerSkipped", "ListenerSkipped", "ListenerSkipped"],
    },
  ]) {
    it(`are skipped with ${missing} gas less, and told later by anyone; the sync succeeds [K16]`, async () => {
      const s = scenario();
      const gas = 150_000n + (await notifier.getNotifyGas()) - missing;
      expect(await eventsOf(s, gas)).to.deep.equal(events);
      const anyone = notifier.connect(s.signer(s.sat1, "thirdParty"));
      const receipt = await mined(anyone.notify({ gasLimit: 2_000_000n }));
      expect(namesIn(receipt)).to.deep.equal([
        "ListenerFailed",
        "ListenerNotified",
        "ListenerNotified",
      ]);
    });
  }

  /** Brings an index that counts already to the satellite with so much gas: what became of each listener. */
  async function eventsOf(s: Scenario, gas: bigint): Promise<string[]> {
    const admin = s.broadcaster(await s.timelock(s.home));
    const { selector, contracts } = s.sat1;
    await mined(admin.setDestination(selector, contracts.receiver, gas));
    await s.waitUntil(await s.rebaseHome("5"));
    await s.broadcastAll([s.sat1]);
    const route = fromHome(s, s.sat1);
    await s.verify(route);
    const deliveries = await s.execute(route);
    expectSuccess(deliveries);
    expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
    const [delivery] = deliveries;
    if (!delivery) throw new Error("Nothing was executed.");
    const receipt = await s.sat1.provider.getTransactionReceipt(delivery.transactionHash);
    if (!receipt) throw new Error(`${delivery.transactionHash} was not mined.`);
    return namesIn(receipt);
  }

  function namesIn(receipt: Parameters<typeof eventsIn>[0]): string[] {
    return eventsIn(receipt, address, abi.notifier).map(({ name }) => name);
  }
});
