import { expect, test } from "@playwright/test";
import { z } from "zod";

import { expectNoViolations, intercept, settled, headingOf } from "./pages";
import type { RpcCall } from "./pages";
import { World, rpc } from "./world";

let world: World;

test.beforeAll(async () => {
  world = await World.open();
});

const block = z.string().transform(Number);
const logQuery = z.tuple([z.object({ fromBlock: block, toBlock: block })]);

/** Returns the block range of a log query; undefined for another call. */
function logRange({ method, params }: RpcCall): { from: number; to: number } | undefined {
  if (method !== "eth_getLogs") return undefined;
  const [{ fromBlock, toBlock }] = logQuery.parse(params);
  return { from: fromBlock, to: toBlock };
}

test("greys out a chain whose RPC is down, and keeps the others working", async ({ page }) => {
  const isDead = (url: URL) => url.href.startsWith(world.chain("local-sat1").rpcUrl);
  await world.visit(page, "overview");
  await expect(headingOf(page)).toHaveText(/All 3 chains are at epoch/);
  await settled(page);
  await page.route(isDead, (route) => route.abort());
  await expect(headingOf(page)).toHaveText(
    /2 of 3 chains are at epoch \d+, Satellite 1 is not read/,
  );
  const dead = page.getByRole("region", { name: "Satellite 1" });
  await expect(dead).toHaveClass(/chain-silent/);
  await expect(dead.getByText(/^Not read for \d+ s: its endpoint cannot be reached/)).toBeVisible();
  await expect(dead.getByText(/^as of block [\d,]+/)).toBeVisible();
  await expect(dead.getByText(/^. not answering$/)).toBeVisible();
  const alive = page.getByRole("region", { name: "Satellite 2" });
  await expect(alive.getByText(/^. synced$/)).toBeVisible();
  await expect(alive).not.toHaveClass(/chain-silent/);
  await expectNoViolations(page);
  await page.unrouteAll();
  await expect(headingOf(page)).toHaveText(/All 3 chains are at epoch/);
  await expect(dead).not.toHaveClass(/chain-silent/);
});

test("shows a chain that was down from the start as never answered", async ({ page }) => {
  await page.route(
    (url) => url.href.startsWith(world.chain("local-sat2").rpcUrl),
    (route) => route.abort(),
  );
  await world.visit(page, "overview");
  const dead = page.getByRole("region", { name: "Satellite 2" });
  await expect(dead.getByText("It has not been read yet")).toBeVisible();
  await expect(headingOf(page)).toHaveText(
    /2 of 3 chains are at epoch \d+, Satellite 2 is not read/,
  );
});

test("shows the progress of a long first log scan, blocks nothing, and caches the result", async ({
  page,
}) => {
  const chain = world.chain("local-sat1");
  // Enough blocks for many requests to an endpoint that allows 120 at a time.
  await rpc(chain.rpcUrl, "anvil_mine", ["0x258", "0x0"]);
  let letGo = () => undefined as void;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const asked: { from: number; to: number }[] = [];
  await intercept(page, chain, async (call) => {
    const range = logRange(call);
    if (!range) return undefined;
    if (range.to - range.from >= 120)
      return { error: { code: -32005, message: "query exceeds max block range 120" } };
    asked.push(range);
    if (range.from > chain.firstBlock + 300) await held;
    return undefined;
  });
  await world.visit(page, "overview");
  await expect(headingOf(page)).toHaveText(/All 3 chains are at epoch/);
  await expect(page.getByText("Reading what the chains have logged")).toBeVisible();
  const bar = page.getByRole("progressbar", { name: /^Satellite 1: \d+ %/ });
  await expect(bar).toBeVisible();
  await expect.poll(async () => Number(await bar.getAttribute("value"))).toBeGreaterThan(20);
  expect(Number(await bar.getAttribute("value"))).toBeLessThan(100);
  await expectNoViolations(page);
  await page.getByRole("link", { name: "Lanes" }).click();
  await settled(page);
  await page.getByRole("link", { name: "Messages" }).click();
  await expect(page.getByText("Reading what the chains have logged")).toBeVisible();
  letGo();
  await expect(page.getByText("Reading what the chains have logged")).toHaveCount(0);
  await expect(page.getByRole("row", { name: /Satellite 1/ }).first()).toBeVisible();
  const first = Math.min(...asked.map(({ from }) => from));
  const last = Math.max(...asked.map(({ to }) => to));
  expect(first).toBe(chain.firstBlock);
  expect(last).toBeGreaterThan(chain.firstBlock + 500);

  asked.length = 0;
  await page.goto("about:blank");
  await world.visit(page, "messages");
  await expect(page.getByRole("row", { name: /Satellite 1/ }).first()).toBeVisible();
  await settled(page);
  expect(asked.filter(({ from }) => from <= last)).toEqual([]);
});

test("discards cached logs after the chain was replaced by another", async ({ page }) => {
  const chain = world.chain("local-sat1");
  await world.visit(page, "messages");
  await expect(page.getByRole("row", { name: /Satellite 1/ }).first()).toBeVisible();
  await settled(page);
  const asked: number[] = [];
  await intercept(page, chain, async (call) => {
    const range = logRange(call);
    if (range) asked.push(range.from);
    if (call.method !== "eth_getBlockByNumber" || call.params[0] === "latest") return undefined;
    const found = await rpc(chain.rpcUrl, call.method, [...call.params]);
    return { result: found && { ...found, hash: `0x${"0".repeat(64)}` } };
  });
  await page.goto("about:blank");
  await world.visit(page, "messages");
  await expect.poll(() => Math.min(...asked)).toBe(chain.firstBlock);
});
