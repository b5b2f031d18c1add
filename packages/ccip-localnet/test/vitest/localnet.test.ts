import { afterAll, beforeAll, expect, test } from "vitest";

import { deployReceiver, sendMessage, startLocalnet } from "../../src";
import type { Localnet } from "../../src";

let localnet: Localnet;

beforeAll(async () => {
  localnet = await startLocalnet({ chains: 2 });
}, 120_000);

afterAll(() => localnet.stop());

test("a network runs in Vitest and delivers by itself", async () => {
  const lane = localnet.ccip.lane("chain-1", "chain-2");
  const receiver = await deployReceiver(lane.destination);
  const delivered = new Promise((resolve, reject) => {
    localnet.ccip.start({ pollMs: 20, onDelivery: resolve, onError: reject });
  });
  const { messageId } = await sendMessage(lane, { receiver, data: "0x1234" });
  expect(await delivered).toMatchObject({ messageId, state: "success" });
}, 120_000);
