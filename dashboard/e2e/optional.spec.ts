import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import { encodeAbiParameters, encodeFunctionData, keccak256, zeroAddress, zeroHash } from "viem";
import type { Abi, Hex } from "viem";

import { expectFits, expectNoViolations, headingOf, settled } from "./pages";
import { World } from "./world";
import type { Chain } from "./world";

const TEN_PERCENT = 11n * 10n ** 26n;
const UNIT = 10n ** 18n;

let world: World;

test.beforeAll(async () => {
  world = await World.open();
  await world.mint(world.account("alice"), "1000");
});

type Own = World["file"]["abis"]["own"];
type Contract = keyof Chain["contracts"];

/** Returns the address of a contract of a chain. */
function addressOf({ name, contracts }: Chain, contract: Contract): Hex {
  const address = contracts[contract];
  if (!address) throw new Error(`${name} has no ${contract}.`);
  return address as Hex;
}

const read = (chain: Chain, contract: Contract, abi: keyof Own, name: string, args?: unknown[]) =>
  world.read(chain, addressOf(chain, contract), world.file.abis.own[abi], name, args);

const send = (
  chain: Chain,
  from: Hex,
  [contract, abi]: readonly [Contract, keyof Own],
  name: string,
  args: unknown[] = [],
) => world.send(chain, from, addressOf(chain, contract), world.file.abis.own[abi], name, args);

const TOKEN = ["token", "RebaseToken"] as const;
const WRAPPER = ["wrapper", "WrappedRebaseToken"] as const;
const NOTIFIER = ["notifier", "RebaseNotifier"] as const;
const RECEIVER = ["receiver", "RebaseReceiver"] as const;

/** Returns the owner of a contract, for whom the node signs. */
async function ownerOf(chain: Chain, contract: Contract, abi: keyof Own): Promise<Hex> {
  const owner = (await read(chain, contract, abi, "owner")) as Hex;
  await world.impersonate(chain, owner);
  return owner;
}

/** Expects a page to fit both sizes, and to be accessible. */
async function expectShown(page: Page): Promise<void> {
  for (const width of [360, 1_440]) {
    await page.setViewportSize({ width, height: 900 });
    await settled(page);
    await expectFits(page, width);
    await expectNoViolations(page);
  }
}

test("shows wrapped units with their worth, by account and in all", async ({ page }) => {
  const alice = world.account("alice");
  await send(world.home, alice, TOKEN, "approve", [
    addressOf(world.home, "wrapper"),
    1_000n * UNIT,
  ]);
  await send(world.home, alice, WRAPPER, "wrapShares", [10n * UNIT, alice]);
  const rate = (await read(world.home, ...WRAPPER, "getRate")) as bigint;
  const worth = (Number((10n * rate) / 10n ** 12n) / 1e6).toFixed(6);
  await world.connect(page, "alice", "tokens");
  const balances = page.getByRole("region", { name: "Wrapped balances" });
  const here = balances.getByRole("row", { name: /^Home/ });
  await expect(here).toContainText("10.000000 wRUSD");
  await expect(here).toContainText(worth);
  await expect(balances.getByRole("row", { name: /^Satellite 1/ })).toContainText("0.000000 wRUSD");
  await expectShown(page);
  await page.getByRole("link", { name: "Overview" }).click();
  const supply = page.getByRole("region", { name: "Wrapped supply" });
  await expect(supply).toContainText(`1 wRUSD = ${worth.slice(0, 1)}`);
  await expect(supply.locator(".total")).toContainText("10.00 wRUSD");
  await expect(supply.locator(".total")).toContainText("% of the shares on all chains");
  await expectShown(page);
});

test("shows a listener that was not told, and one that fails", async ({ page }) => {
  const { home } = world;
  const owner = await ownerOf(home, ...NOTIFIER);
  // A contract that is no listener: every call reverts.
  await send(home, owner, NOTIFIER, "setListener", [addressOf(home, "token"), 50_000]);
  await world.rebase(TEN_PERCENT);
  await world.visit(page, "overview");
  const listeners = page.getByRole("region", { name: "Listeners", exact: true });
  const rowsAtHome = listeners.getByRole("row", { name: /^Home/ });
  await expect(rowsAtHome.filter({ hasText: "Rate feed" })).toContainText("told");
  await world.mineAt(await world.effectiveAt());
  const epoch = await world.epoch();
  await expect(rowsAtHome.filter({ hasText: "Rate feed" })).toContainText("behind");
  await expect(rowsAtHome.filter({ hasText: "Rate feed" })).toContainText(`epoch ${epoch} counts`);
  await expect(rowsAtHome.filter({ hasText: "Rate feed" })).toContainText(`epoch ${epoch - 1}`);

  await send(home, world.account("thirdParty"), NOTIFIER, "notify");
  await expect(rowsAtHome.filter({ hasText: "Rate feed" })).toContainText("✓ told");
  await expect(rowsAtHome.filter({ hasText: "failing" })).toContainText("1 call failed");
  await expectShown(page);

  await send(home, owner, NOTIFIER, "deleteListener", [addressOf(home, "token")]);
  await expect(rowsAtHome.filter({ hasText: "failing" })).toHaveCount(0);
  await world.broadcast();
});

test("shows broadcasts that are held back, and lets those decide who may", async ({
  page,
  browser,
}) => {
  // More rebases than the band of the satellites follows at once.
  for (let i = 0; i < 4; i++) await world.rebase(TEN_PERCENT);
  await world.mineAt(await world.effectiveAt());
  await world.broadcast();
  const epoch = await world.epoch();
  const first = world.chain("local-sat1");
  const second = world.chain("local-sat2");

  await world.visit(page, "overview");
  await expect(headingOf(page)).toHaveText(`Satellite 1 holds back epoch ${epoch}, and 1 more`);
  await expect(page.getByText("Accept or reject it under Operate").first()).toBeVisible();
  const card = page.getByRole("region", { name: "Satellite 1" });
  await expect(card.getByText("Held back")).toBeVisible();
  await expect(card.getByText("Confirmed by home")).toBeVisible();
  await expect(card).toContainText(`its receiver holds epoch ${epoch} back`);
  await expectShown(page);

  const open = async (who: Parameters<World["connect"]>[1]) => {
    const other = await (await browser.newContext()).newPage();
    await world.connect(other, who, "operate");
    const held = other.getByRole("region", { name: "Broadcasts held back" });
    await expect(held).toContainText(`epoch ${epoch}`);
    return { page: other, held };
  };
  const onFirst = `epoch ${epoch} on Satellite 1`;
  const onSecond = `epoch ${epoch} on Satellite 2`;

  const nobody = await open("thirdParty");
  await expect(nobody.held).toContainText("accepting is for the operations account");
  await expect(nobody.held).toContainText("rejecting is for the guardian");
  await expect(nobody.held.getByRole("button", { name: /^(Accept|Reject)/ })).toHaveCount(0);
  await nobody.page.close();

  const operations = await open("operations");
  await expect(operations.held.getByRole("button", { name: /^Reject/ })).toHaveCount(0);
  await expectShown(operations.page);
  await operations.held.getByRole("button", { name: `Accept ${onFirst}` }).click();
  await expect(operations.held).toContainText(`Done: accept ${onFirst}`);
  expect(await read(first, ...TOKEN, "epoch")).toBe(epoch);

  const guardian = await open("guardian");
  await expect(guardian.held.getByRole("button", { name: /^Accept/ })).toHaveCount(0);
  await guardian.held.getByRole("button", { name: `Reject ${onSecond}` }).click();
  await expect(guardian.held).toContainText("rejected by the guardian");
  await expect(guardian.held).toContainText(`Done: reject ${onSecond}`);
  await guardian.page.close();

  await expect(headingOf(page)).toHaveText(
    /^Satellite 2 is stale by \d+ epochs?: its receiver holds/,
  );
  await expect(page.getByText(`holds back epoch ${epoch}, which was rejected`)).toBeVisible();
  await expect(operations.held).toContainText("only the timelock may accept it");
  await expect(operations.held).toContainText("propose accept(");
  await expect(operations.held.getByRole("button", { name: /^Accept/ })).toHaveCount(0);
  await operations.page.close();

  const owner = await open(await ownerOf(second, ...RECEIVER));
  await owner.held.getByRole("button", { name: `Accept ${onSecond}` }).click();
  await expect(owner.held).toContainText("none is held back");
  await owner.page.close();
  await expect(headingOf(page)).toHaveText(`All 3 chains are at epoch ${epoch}`);
});

test("follows a proposal of home to its execution", async ({ page }) => {
  const { home } = world;
  const satellite = world.chain("local-sat1");
  const abi = world.file.abis.own.ProposalSender;
  const sender = addressOf(home, "proposalSender");
  const admin = (await world.read(home, sender, abi, "defaultAdmin")) as Hex;
  await world.impersonate(home, admin);
  await world.fund(home, sender, 10n ** 19n);
  const call = encodeFunctionData({
    abi: world.file.abis.own.RebaseReceiver as unknown as Abi,
    functionName: "setNotifier",
    // The one that it has: nothing changes.
    args: [await read(satellite, ...RECEIVER, "getNotifier")],
  });
  const batch = {
    targets: [addressOf(satellite, "receiver")],
    values: [0n],
    payloads: [call],
    predecessor: zeroHash,
    salt: zeroHash,
    delay: 60n,
  };
  const request = { selector: BigInt(satellite.selector), validFor: 86_400n, batch };
  world.localnet("hold", "--execution", "--from", "local-home", "--to", "local-sat1");
  await world.visit(page, "messages");
  const row = page
    .getByRole("region", { name: "Proposals from home" })
    .getByRole("row", { name: /^Satellite 1/ })
    .first();
  try {
    await world.send(home, admin, sender, abi, "propose", [[request], zeroAddress, UNIT], {
      gas: 6_000_000n,
    });
    await expect(row).toContainText("setNotifier of the receiver");
    await expect(row).toContainText("on its way");
    await expect(row).toContainText("valid until");
    await expectShown(page);
  } finally {
    world.localnet("release");
  }
  await expect(row).toContainText("scheduled");
  await expect(row).toContainText("may be executed from");
  await world.mineAt((await world.time(satellite)) + 61);
  await expect(row).toContainText("executable");

  const selector = BigInt(satellite.selector);
  const { lastNonce } = (await world.read(home, sender, abi, "getDestination", [selector])) as {
    lastNonce: bigint;
  };
  const salt = keccak256(
    encodeAbiParameters([{ type: "uint64" }, { type: "bytes32" }], [lastNonce, batch.salt]),
  );
  await world.send(
    satellite,
    world.account("operations"),
    await ownerOf(satellite, ...RECEIVER),
    world.file.abis.own.TimelockController,
    "executeBatch",
    [batch.targets, batch.values, batch.payloads, batch.predecessor, salt],
  );
  await expect(row).toContainText("executed");
});
