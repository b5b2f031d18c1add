import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";

import { expectNoViolations, headingOf } from "./pages";
import { World } from "./world";

const CHAINS = ["Home", "Satellite 1", "Satellite 2"];
let world: World;

test.beforeAll(async () => {
  world = await World.open();
});

async function schedule(page: Page, percent: string): Promise<void> {
  await world.letOperatorRebase();
  await world.connect(page, "operator", "operate");
  await page.getByLabel("Change in percent").fill(percent);
  await page.getByRole("button", { name: "Schedule the rebase" }).click();
  await expect(page.getByText("2 stale")).toBeVisible();
}

async function broadcast(page: Page, outcome: string): Promise<void> {
  await page.getByRole("button", { name: /^Broadcast for/ }).click();
  await expect(page.getByText(outcome)).toBeVisible({ timeout: 30_000 });
}

test("shows a rebase as pending, then as effective, on all chains", async ({ page }) => {
  const epoch = (await world.epoch()) + 1;
  await world.letOperatorRebase();
  await world.connect(page, "operator", "operate");
  await page.getByLabel("Change in percent").fill("20");
  await expect(page.getByText("choose a change between them")).toBeVisible();
  await page.getByLabel("Change in percent").fill("1");
  await page.getByRole("button", { name: "Schedule the rebase" }).click();
  await expect(page.getByText("2 stale")).toBeVisible();
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(headingOf(page)).toHaveText(`2 of 3 chains are stale: home is at epoch ${epoch}`);
  await page.getByRole("link", { name: "Operate" }).click();
  await broadcast(page, "all satellites are synced");
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(headingOf(page)).toHaveText(`All 3 chains are at epoch ${epoch}`);
  await expect(page.getByText(/A rebase of \+1\.00 % takes effect in/)).toBeVisible();
  for (const name of CHAINS) {
    const chain = page.getByRole("region", { name });
    await expect(chain.getByText("Takes effect")).toBeVisible();
    await expect(chain.getByText(/^then .*\(\+1\.00 %\)$/)).toBeVisible();
  }
  await expectNoViolations(page);
  await world.mineAt(await world.effectiveAt());
  await expect(page.getByText(/A rebase of/)).toHaveCount(0);
  for (const name of CHAINS) {
    await expect(page.getByRole("region", { name }).getByText("In effect since")).toBeVisible();
  }
  await expect(page.getByText("adds up exactly")).toBeVisible();
  await page.getByRole("link", { name: "History" }).click();
  await expect(page.getByRole("row", { name: new RegExp(`^${epoch} \\+1\\.00 %`) })).toBeVisible();
});

test("shows a cursed lane's chain as stale, and lets any account sync it", async ({
  page,
  browser,
}) => {
  const epoch = (await world.epoch()) + 1;
  await world.curse("local-sat2", "curse");
  await schedule(page, "-1");
  await expect(page.getByText(/The lane to Satellite 2 is cursed: it is skipped/)).toBeVisible();
  await broadcast(page, "1 stale");
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(headingOf(page)).toHaveText(
    /Satellite 2 is stale by 1 epoch: the lane is cursed, no message could be sent/,
  );
  const stale = page.getByRole("region", { name: "Satellite 2" });
  await expect(stale.getByText(/^. stale by 1 epoch$/)).toBeVisible();
  await expect(
    page.getByRole("region", { name: "Satellite 1" }).getByText(/^. synced$/),
  ).toBeVisible();
  await expectNoViolations(page);
  await page.getByRole("link", { name: "Lanes" }).click();
  await expect(page.locator(".badge-bad").first()).toHaveText("! cursed");
  await expect(page.getByText("wait until it is lifted").first()).toBeVisible();
  await page.getByRole("link", { name: "Tokens" }).click();
  await page.getByRole("combobox", { name: "To", exact: true }).selectOption("local-sat2");
  await page.getByLabel("Amount").fill("1");
  await expect(page.getByRole("alert")).toContainText("cursed this lane");

  const thirdParty = await (await browser.newContext()).newPage();
  await world.connect(thirdParty, "thirdParty", "messages");
  const refused = thirdParty.getByRole("row", { name: new RegExp(`epoch ${epoch} not sent`) });
  await expect(refused).toContainText(/cursed the lane/);
  await expect(refused).toContainText("broadcast again once the curse is lifted");
  await expectNoViolations(thirdParty);
  await world.curse("local-sat2", "uncurse");
  await refused.getByRole("button", { name: /^Broadcast again to Satellite 2/ }).click();
  await expect(refused).toContainText("nothing is left to repair", { timeout: 60_000 });
  await expect(refused.getByRole("button", { name: /^Broadcast/ })).toHaveCount(0);
  await expect(headingOf(page)).toBeVisible();
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(headingOf(page)).toHaveText(`All 3 chains are at epoch ${epoch}`);
  await thirdParty.close();
  await world.mineAt(await world.effectiveAt());
});

test("cancels a pending rebase through the timelock that administers the controller", async ({
  page,
  browser,
}) => {
  const epoch = (await world.epoch()) + 1;
  await schedule(page, "2");
  const pending = page.getByRole("region", { name: "Pending rebase" });
  await expect(pending).toContainText("which makes every change wait 1 min");
  await expect(pending).toContainText("Ask an account that may propose there");
  await expect(pending.getByRole("button", { name: /cancel it/i })).toHaveCount(0);
  await expectNoViolations(page);

  const operations = await (await browser.newContext()).newPage();
  await world.connect(operations, "operations", "operate");
  await operations.getByRole("button", { name: "Propose to cancel it" }).click();
  await expect(operations.getByText(/has been proposed: it may be executed in/)).toBeVisible();
  await expect(operations.getByRole("button", { name: "Execute the cancellation" })).toBeDisabled();
  await world.mineAt((await world.time()) + 61);
  await operations.getByRole("button", { name: "Execute the cancellation" }).click();
  await expect(operations.getByText("none is pending")).toBeVisible();
  await operations.close();

  expect(await world.epoch()).toBe(epoch + 1);
  await broadcast(page, "all satellites are synced");
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(headingOf(page)).toHaveText(`All 3 chains are at epoch ${epoch + 1}`);
  await expect(page.getByText(/A rebase of/)).toHaveCount(0);
});

test("lets the admin itself replace or cancel a pending rebase at once", async ({ page }) => {
  await world.rebase(102n * 10n ** 25n);
  const admin = await world.controllerAdmin();
  await world.impersonate(world.home, admin);
  await world.connect(page, admin, "operate");
  const pending = page.getByRole("region", { name: "Pending rebase" });
  await expect(pending.getByText(/\+2\.00 % in/)).toBeVisible();
  await page.getByLabel("Instead, change in percent").fill("-90");
  await expect(pending.getByText("choose a change between them")).toBeVisible();
  await expect(pending.getByRole("button", { name: "Replace it" })).toBeDisabled();
  await page.getByLabel("Instead, change in percent").fill("-1.5");
  await pending.getByRole("button", { name: "Replace it" }).click();
  await expect(pending.getByText(/−1\.50 % in/)).toBeVisible();
  await expectNoViolations(page);
  await pending.getByRole("button", { name: "Cancel it" }).click();
  await expect(pending.getByText("none is pending")).toBeVisible();
  await broadcast(page, "all satellites are synced");
});
