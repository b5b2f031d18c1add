import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";

import {
  approveAndSend,
  balanceRow,
  expectFits,
  expectNoViolations,
  intercept,
  settled,
  sticksAt,
  headingOf,
} from "./pages";
import { World, rpc } from "./world";

let world: World;

/** Returns alice's token balance on a chain. */
const balanceOf = async (chain: string) => {
  const { contracts } = world.chain(chain);
  const abi = world.file.abis.own.RebaseToken;
  const [shares, index] = (await Promise.all([
    world.read(world.chain(chain), contracts.token, abi, "sharesOf", [world.account("alice")]),
    world.read(world.chain(chain), contracts.token, abi, "sharesPerToken"),
  ])) as [bigint, bigint];
  return shares / index;
};

/** Formats an amount as the page ends it, whatever its digit groups: "308.700000". */
const six = (amount: bigint) => (Number(amount / 10n ** 12n) / 1e6).toFixed(6).slice(-10);
const total = (page: Page) => page.locator(".total-line");

/** Viewport sizes at which every page is checked. */
const SIZES = [
  { width: 360, height: 740 },
  { width: 1440, height: 1000 },
];

async function expectScreensFine(page: Page): Promise<void> {
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await expectFits(page, size.width);
    await expectNoViolations(page);
  }
}

test.beforeAll(async ({ browser }) => {
  world = await World.open();
  await world.mint(world.account("alice"), "1000");
  // A transfer that arrived long ago.
  const page = await browser.newPage();
  await world.connect(page, "alice", "tokens");
  await page.getByRole("combobox", { name: "To" }).selectOption("local-sat2");
  await page.getByLabel("Amount").fill("154.35");
  await approveAndSend(page);
  await expect(page.getByText(/Arrived on Satellite 2 after/)).toBeVisible({ timeout: 60_000 });
  await page.close();
});

test("shows a chain that is down from the start as unknown on every screen", async ({ page }) => {
  await page.route(
    (url) => url.href.startsWith(world.chain("local-sat2").rpcUrl),
    (route) => route.abort(),
  );
  await world.connect(page, "alice", "tokens");
  const known = (await balanceOf("local-home")) + (await balanceOf("local-sat1"));
  await expect(total(page)).toContainText(six(known));
  await expect(total(page)).toContainText("is what is known so far");
  await expect(total(page)).toContainText(
    "What is on Satellite 2, or on the way from or to there, is unknown until Satellite 2 is read.",
  );
  await expect(page.getByText(/^On the way to/)).toHaveCount(0);
  await expect(balanceRow(page, "Satellite 2")).toContainText("unknown until Satellite 2 is read");
  await expect(page.getByText(/whether (it has|they have) arrived is unknown/)).toBeVisible();
  await page.getByRole("combobox", { name: "To" }).selectOption("local-sat2");
  await page.getByLabel("Amount").fill("1");
  await expect(page.getByRole("alert")).toContainText("unknown until Satellite 2 is read");
  await expect(page.getByRole("button", { name: "Approve and send" })).toBeDisabled();
  await expectScreensFine(page);

  await page.getByRole("link", { name: "Messages" }).click();
  const arrived = page.getByRole("row", { name: /Transfer.*Satellite 2/ }).first();
  await expect(arrived).toContainText("unknown");
  await expect(arrived).not.toContainText(/sent,|committed|verified|executed/);
  await expectScreensFine(page);

  await world.visit(page, "operate");
  await expect(page.getByText("1 not read")).toBeVisible();
  await expect(page.getByText("Satellite 2: whether it is synced is unknown")).toBeVisible();
  await expect(page.getByText("all satellites are synced")).toHaveCount(0);
  await expect(
    page.getByText("What this account may do is unknown until Satellite 2 is read."),
  ).toBeVisible();
  await expectScreensFine(page);

  await world.visit(page, "overview");
  await expect(headingOf(page)).toHaveText(
    /2 of 3 chains are at epoch \d+, Satellite 2 is not read/,
  );
  const supply = page.getByRole("region", { name: "Share supply" });
  await expect(supply.getByText("cannot be counted")).toBeVisible();
  await expect(page.getByRole("region", { name: "Home" })).toContainText(
    "a curse at the other end is unknown until Satellite 2 is read",
  );
  await expectScreensFine(page);

  for (const [name, words] of [
    ["lanes", "unknown until Satellite 2 is read"],
    ["history", "Satellite 2 is not read"],
  ] as const) {
    await world.visit(page, name);
    await expect(page.getByText(words).first()).toBeVisible();
    await expectScreensFine(page);
  }
});

test("waits for logs that take nine seconds, and claims nothing meanwhile", async ({ page }) => {
  await intercept(page, world.chain("local-sat2"), async ({ method }) => {
    if (method === "eth_getLogs") await new Promise((resolve) => setTimeout(resolve, 9_000));
    return undefined;
  });
  await world.connect(page, "alice", "tokens");
  await expect(balanceRow(page, "Satellite 2")).toContainText(six(await balanceOf("local-sat2")));
  await expect(total(page)).toContainText("unknown until Satellite 2 is read");
  await expect(page.getByText(/^On the way to/)).toHaveCount(0);
  const whole =
    (await balanceOf("local-home")) +
    (await balanceOf("local-sat1")) +
    (await balanceOf("local-sat2"));
  await expect(total(page)).toContainText("on all chains", { timeout: 90_000 });
  await expect(total(page)).toContainText(six(whole));
  await expect(total(page)).not.toContainText("on the way");
});

test("keeps the values of a chain that goes down later, with their age", async ({ page }) => {
  await world.connect(page, "alice", "tokens");
  await settled(page);
  await expect(total(page)).toContainText("on all chains");
  await page.route(
    (url) => url.href.startsWith(world.chain("local-sat2").rpcUrl),
    (route) => route.abort(),
  );
  const row = balanceRow(page, "Satellite 2");
  await expect(row).toContainText("not answering");
  await expect(row).toContainText(
    new RegExp(`${six(await balanceOf("local-sat2"))}.*as last read at block`),
  );
  await expect(total(page)).toContainText("Satellite 2: as last read; not answering since");
  await page.getByRole("link", { name: "Messages" }).click();
  await expect(page.getByRole("row", { name: /Transfer.*Satellite 2/ }).first()).toContainText(
    "executed",
  );
  await world.visit(page, "operate");
  await expect(page.getByText("1 not read")).toBeVisible();
  await expect(page.getByText(/synced when Satellite 2 was last read, at block/)).toBeVisible();
  await world.visit(page, "overview");
  await expect(headingOf(page)).toHaveText(
    /2 of 3 chains are at epoch \d+, Satellite 2 is not read/,
  );
  await expect(
    page.getByRole("region", { name: "Share supply" }).getByText("as last read").first(),
  ).toBeVisible();
  await expectScreensFine(page);
});

test("distrusts an endpoint while it leaves logs out", async ({ page }) => {
  const chain = world.chain("local-sat2");
  let lies = true;
  await intercept(page, chain, ({ method }) =>
    lies && method === "eth_getLogs" ? { result: [] } : undefined,
  );
  await world.connect(page, "alice", "tokens");
  await rpc(chain.rpcUrl, "anvil_mine", ["0x3", "0x0"]);
  await expect(total(page)).toContainText("unknown until Satellite 2 is read");
  await expect(page.getByText(/^On the way to/)).toHaveCount(0);
  await world.visit(page, "messages");
  await expect(page.getByText(/its endpoint leaves logs out/)).toBeVisible();
  await expectScreensFine(page);
  lies = false;
  await expect(page.getByText(/its endpoint leaves logs out/)).toHaveCount(0);
  await expect(page.getByRole("row", { name: /Transfer.*Satellite 2/ }).first()).toContainText(
    "executed",
  );
});

test("distrusts an endpoint that serves another chain of the mesh", async ({ page }) => {
  const other = world.chain("local-sat1");
  // The token has the same address there, so every value looks correct.
  await intercept(page, world.chain("local-sat2"), async ({ method, params }) => ({
    result: await rpc(other.rpcUrl, method, [...params]),
  }));
  await world.connect(page, "alice", "tokens");
  await expect(total(page)).toContainText("unknown until Satellite 2 is read");
  await expect(page.getByText(/^On the way to/)).toHaveCount(0);
  await world.visit(page, "operate");
  await expect(page.getByText("1 not read")).toBeVisible();
  await world.visit(page, "overview");
  await expect(headingOf(page)).toHaveText(/Satellite 2 is not read/);
  const satellite = page.getByRole("region", { name: "Satellite 2" });
  await expect(satellite).toContainText(`its endpoint serves the chain of id ${other.chainId}`);
});

test("does not add the shares of a node stuck before a transfer to those of its destination", async ({
  browser,
  page,
}) => {
  const chain = world.chain("local-sat2");
  const stuckAt = Number(await rpc(chain.rpcUrl, "eth_blockNumber", []));
  const sender = await browser.newPage();
  await world.connect(sender, "alice", "tokens");
  await sender.getByRole("combobox", { name: "From" }).selectOption("local-sat2");
  await sender.getByRole("combobox", { name: "To" }).selectOption("local-home");
  await sender.getByLabel("Amount").fill("20");
  await approveAndSend(sender);
  await expect(sender.getByText(/Arrived on Home after/)).toBeVisible({ timeout: 60_000 });
  await sender.close();

  await sticksAt(page, chain, stuckAt);
  await world.connect(page, "alice", "tokens");
  await expect(total(page)).toContainText("unknown until Satellite 2 is read");
  const known = (await balanceOf("local-home")) + (await balanceOf("local-sat1"));
  await expect(total(page)).toContainText(six(known));
  const row = balanceRow(page, "Satellite 2");
  await expect(row).toContainText(`as last read at block ${stuckAt.toLocaleString("en")}`);
  await world.visit(page, "overview");
  await expect(headingOf(page)).toHaveText(/Satellite 2 is not read/);
  await expect(page.getByText("counted again")).toHaveCount(0);
  const card = page.getByRole("region", { name: "Satellite 2" });
  await expect(card).toContainText(
    "lags behind: Home has had 1 transfer from there that it does not know of yet",
  );
  await expect(card.getByText(/^. lagging$/)).toBeVisible();
  await expect(card).not.toContainText("not answering");
});
