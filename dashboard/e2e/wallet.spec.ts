import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import { maxUint256, parseUnits } from "viem";

import { approveAndSend } from "./pages";
import { World, rpc } from "./world";

let world: World;

test.beforeAll(async () => {
  world = await World.open();
  await world.mint(world.account("alice"), "1000");
});

/** Waits until the page tracks a transaction. */
const sent = (page: Page, what: string | RegExp) =>
  expect(page.getByText(/^. Sent, waiting to be mined/)).toContainText(what);

const approve = (amount: bigint) =>
  world.send(
    world.home,
    world.account("alice"),
    world.home.contracts.token,
    world.file.abis.own.RebaseToken,
    "approve",
    [world.home.ccip.router, amount],
  );

const fillAndSend = async (page: Page, amount: string) => {
  await page.getByLabel("Amount").fill(amount);
  await approveAndSend(page);
};

const transactionsOfAlice = async () =>
  Number(
    await rpc(world.home.rpcUrl, "eth_getTransactionCount", [world.account("alice"), "latest"]),
  );

test("reports a cancelled send as not sent, and does not look for its message", async ({
  page,
}) => {
  await approve(maxUint256);
  await world.connect(page, "alice", "tokens");
  await world.whileHomeWaits(async (replace) => {
    await fillAndSend(page, "12.5");
    await sent(page, "move 12.5 RUSD to Satellite 1");
    await replace(world.account("alice"), "cancel");
    await expect(page.getByText("You cancelled it: nothing was sent.")).toBeVisible();
  });
  await expect(page.getByText("Done:")).toHaveCount(0);
  await expect(page.getByText("Looking for the message")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Approve and send" })).toBeEnabled();
});

test("follows a send that the wallet sped up to its arrival", async ({ page }) => {
  await approve(maxUint256);
  await world.connect(page, "alice", "tokens");
  await world.whileHomeWaits(async (replace) => {
    await fillAndSend(page, "12.5");
    await sent(page, "move 12.5 RUSD to Satellite 1");
    await replace(world.account("alice"), "speed up");
    await expect(page.getByText(/^. Done: move 12.5 RUSD/)).toContainText("sped it up");
  });
  await expect(page.getByText(/Arrived on Satellite 1 after/)).toBeVisible({ timeout: 60_000 });
});

test("stops the send when its approval was cancelled", async ({ page }) => {
  await approve(0n);
  await world.connect(page, "alice", "tokens");
  const before = await transactionsOfAlice();
  await world.whileHomeWaits(async (replace) => {
    await fillAndSend(page, "12.5");
    await sent(page, "approve 12.5 RUSD (1 of 2)");
    await replace(world.account("alice"), "cancel");
    await expect(page.getByText(/You cancelled it: nothing was sent/)).toContainText(
      "Step 1 of 2 is not done: approve 12.5 RUSD.",
    );
  });
  expect(await transactionsOfAlice()).toBe(before + 1);
});

test("continues to the send after a sped-up approval; the send may be replaced too", async ({
  page,
}) => {
  await approve(0n);
  await world.connect(page, "alice", "tokens");
  await world.whileHomeWaits(async (replace) => {
    await fillAndSend(page, "12.5");
    await sent(page, "approve 12.5 RUSD (1 of 2)");
    await replace(world.account("alice"), "speed up");
    await sent(page, "send 12.5 RUSD to Satellite 1 (2 of 2)");
    await replace(world.account("alice"), "replace");
    await expect(page.getByText(/put another transaction in its place/)).toContainText(
      "What was done before it stays: approve 12.5 RUSD.",
    );
  });
  const allowed = await world.read(
    world.home,
    world.home.contracts.token,
    world.file.abis.own.RebaseToken,
    "allowance",
    [world.account("alice"), world.home.ccip.router],
  );
  expect(allowed).toBe(parseUnits("12.5", 18));
});

test("reports a cancelled broadcast as not sent", async ({ page }) => {
  await world.connect(page, "alice", "operate");
  await world.whileHomeWaits(async (replace) => {
    await page.getByRole("button", { name: /^Broadcast/ }).click();
    await sent(page, "broadcast to");
    await replace(world.account("alice"), "cancel");
    await expect(page.getByText("You cancelled it: nothing was sent.")).toBeVisible();
  });
});

test("reports an unknown outcome when the user stops waiting, and requests no further signature", async ({
  page,
}) => {
  await approve(0n);
  await world.connect(page, "alice", "tokens");
  const before = await transactionsOfAlice();
  await world.whileHomeWaits(async () => {
    await fillAndSend(page, "12.5");
    await sent(page, "approve 12.5 RUSD (1 of 2)");
    await page.getByRole("button", { name: "Stop waiting" }).click();
    await expect(page.getByRole("alert")).toContainText("It is not known whether");
  });
  await expect.poll(transactionsOfAlice).toBe(before + 1);
  await expect(page.getByText("Waiting for your signature")).toHaveCount(0);
});
