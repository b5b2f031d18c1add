import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";

import { World, tellWallet } from "./world";

let world: World;
const SCREENS = {
  overview: /All 3 chains tell epoch/,
  history: "History",
  messages: "Messages",
  lanes: "Lanes",
  tokens: "My tokens",
  operate: "Operate",
} as const;

test.beforeAll(async () => {
  world = await World.open();
});

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
  ).toEqual([]);
}

async function settled(page: Page): Promise<void> {
  await expect(page.locator("main .skeleton")).toHaveCount(0);
}

const verdict = (page: Page) => page.getByRole("heading", { level: 1 });

test.describe("every screen", () => {
  for (const [name, heading] of Object.entries(SCREENS)) {
    for (const colorScheme of ["light", "dark"] as const) {
      test(`${name} is accessible, ${colorScheme}`, async ({ page }) => {
        const complaints: string[] = [];
        page.on("console", (message) => {
          if (message.type() === "error") complaints.push(message.text());
        });
        page.on("pageerror", (error) => complaints.push(error.message));
        await page.emulateMedia({ colorScheme });
        await world.visit(page, name);
        await expect(verdict(page)).toHaveText(heading);
        await settled(page);
        await expectNoViolations(page);
        expect(complaints).toEqual([]);
      });
    }

    test(`${name} fits 360 px`, async ({ page }) => {
      await page.setViewportSize({ width: 360, height: 740 });
      await world.connect(page, "operator", name);
      await expect(verdict(page)).toHaveText(heading);
      await settled(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      await expectNoViolations(page);
    });
  }
});

test("the first paint does not wait for a chain that never answers", async ({ page }) => {
  await page.route(
    (url) => world.file.chains.some(({ rpcUrl }) => url.href.startsWith(rpcUrl)),
    () => new Promise(() => undefined),
  );
  const startedAt = Date.now();
  await world.visit(page, "overview");
  await expect(verdict(page)).toHaveText("Asking every chain…");
  await expect(page.getByRole("region", { name: "Satellite 2" })).toBeVisible();
  expect(Date.now() - startedAt).toBeLessThan(1_000);
});

test("only the RPC endpoints are asked, and the page's own files", async ({ page }) => {
  const origins = new Set<string>();
  page.on("request", (request) => origins.add(new URL(request.url()).origin));
  await world.visit(page, "overview");
  await settled(page);
  const allowed = [world.url, ...world.file.chains.map(({ rpcUrl }) => rpcUrl)].map(
    (url) => new URL(url).origin,
  );
  expect([...origins].filter((origin) => !allowed.includes(origin))).toEqual([]);
});

test("the keyboard reaches everything", async ({ page }) => {
  await world.visit(page, "overview");
  await settled(page);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "History" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(verdict(page)).toHaveText("History");
  await expect(page.getByRole("main")).toBeFocused();
});

test("every share is counted, and copying gives every digit", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await world.visit(page, "overview");
  await expect(page.getByText("adds up to the unit")).toBeVisible();
  const issued = page.locator(".total button").last();
  await issued.click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const shares = await world.read(
    world.home,
    world.home.contracts.token,
    world.file.abis.own.RebaseToken,
    "issuedShares",
  );
  expect(copied).toBe(String(shares));
});

test("a transfer is followed to its arrival, from a wallet on another network", async ({
  page,
}) => {
  await world.mint(world.account("alice"), "200000");
  await world.connect(page, "alice", "tokens");
  await expect(page.getByText("on another network")).toBeVisible();
  await page.getByLabel("Amount").fill("12.5");
  await expect(page.getByText("CCIP fee")).toBeVisible();
  await page.getByRole("button", { name: "Approve and send" }).click();
  await expect(page.getByText(/Arrived on Satellite 1 after/)).toBeVisible({ timeout: 30_000 });
  await expect(
    page
      .getByRole("row", { name: /Satellite 1/ })
      .getByText("12.5", { exact: false })
      .first(),
  ).toBeVisible();
  await page.getByRole("link", { name: "Messages" }).click();
  await expect(page.getByRole("row", { name: /Transfer/ }).first()).toContainText("executed");
});

test("the fee may be paid in LINK, and says so when there is none", async ({ page }) => {
  await world.connect(page, "alice", "tokens");
  await page.getByLabel("LINK").check();
  await page.getByLabel("Amount").fill("1");
  await expect(page.getByRole("alert")).toContainText("or pay in native");
  await world.send(
    world.home,
    world.account("deployer"),
    world.home.ccip.link,
    world.file.abis.own.RebaseToken,
    "transfer",
    [world.account("alice"), 10n ** 20n],
  );
  await page.getByRole("button", { name: "Approve and send" }).click();
  await expect(page.getByText(/Arrived on Satellite 1 after/)).toBeVisible({ timeout: 30_000 });
});

test("a rejected signature is said in words", async ({ page }) => {
  await world.connect(page, "alice", "tokens");
  await tellWallet(page, { rejects: true });
  await page.getByLabel("Amount").fill("1");
  await page.getByRole("button", { name: "Approve and send" }).click();
  await expect(page.getByRole("alert")).toContainText("You rejected it in your wallet");
  await expectNoViolations(page);
});

test("a rate limit is said before anything is signed", async ({ page }) => {
  await world.connect(page, "alice", "tokens");
  await page.getByLabel("Amount").fill("150,000");
  await expect(page.getByRole("alert")).toContainText("At most 100,000.00 RUSD can leave");
  await expect(page.getByRole("button", { name: "Approve and send" })).toBeDisabled();
  await page.getByLabel("Amount").fill("999999999");
  await expect(page.getByRole("alert")).toContainText("send at most that");
});

test("a chain whose RPC is down greys out, the rest lives on", async ({ page }) => {
  await world.visit(page, "overview");
  await expect(verdict(page)).toHaveText(SCREENS.overview);
  await page.route(
    (url) => url.href.startsWith(world.chain("local-sat1").rpcUrl),
    (route) => route.abort(),
  );
  await expect(verdict(page)).toHaveText(/2 of 3 chains tell epoch \d+, one does not answer/);
  const dead = page.getByRole("region", { name: "Satellite 1" });
  await expect(dead.getByText(/Last answer .* ago/)).toBeVisible();
  await expect(page.getByRole("region", { name: "Satellite 2" }).getByText("agrees")).toBeVisible();
  await expectNoViolations(page);
  await page.unroute(() => true).catch(() => undefined);
  await page.unrouteAll();
  await expect(verdict(page)).toHaveText(SCREENS.overview);
});

test("a rebase is seen pending, then effective, on all chains", async ({ page }) => {
  await world.letOperatorRebase();
  await world.connect(page, "operator", "operate");
  await page.getByLabel("Change in percent").fill("20");
  await expect(page.getByText("choose a change between them")).toBeVisible();
  await page.getByLabel("Change in percent").fill("1");
  await page.getByRole("button", { name: "Schedule the rebase" }).click();
  await expect(page.getByText("2 behind")).toBeVisible();
  await page.getByRole("button", { name: /^Broadcast/ }).click();
  await expect(page.getByText("nobody is behind")).toBeVisible({ timeout: 30_000 });
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(verdict(page)).toHaveText("All 3 chains tell epoch 4");
  await expect(page.getByText(/A rebase of \+1\.00 % takes effect in/)).toBeVisible();
  for (const name of ["Home", "Satellite 1", "Satellite 2"]) {
    await expect(page.getByRole("region", { name }).getByText("Takes effect")).toBeVisible();
  }
  await expectNoViolations(page);
  await world.mineAt(await world.effectiveAt());
  await expect(page.getByText(/A rebase of/)).toHaveCount(0);
  for (const name of ["Home", "Satellite 1", "Satellite 2"]) {
    await expect(page.getByRole("region", { name }).getByText("In effect since")).toBeVisible();
  }
  await expect(page.getByText("adds up to the unit")).toBeVisible();
  await page.getByRole("link", { name: "History" }).click();
  await expect(page.getByRole("row", { name: /^4 \+1\.00 %/ })).toBeVisible();
});

test("a cursed lane leaves one chain behind, and anyone can heal it", async ({ page, browser }) => {
  await world.letOperatorRebase();
  await world.curse("local-sat2", "curse");
  await world.connect(page, "operator", "operate");
  await page.getByLabel("Change in percent").fill("-1");
  await page.getByRole("button", { name: "Schedule the rebase" }).click();
  await expect(page.getByText("2 behind")).toBeVisible();
  await expect(page.getByText(/The lane to Satellite 2 gives no fee now/)).toBeVisible();
  await page.getByRole("button", { name: /^Broadcast/ }).click();
  await expect(page.getByText("1 behind")).toBeVisible({ timeout: 30_000 });
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(verdict(page)).toHaveText(
    /Satellite 2 is 1 epoch behind: the lane is cursed, no message could leave/,
  );
  await expectNoViolations(page);
  await page.getByRole("link", { name: "Lanes" }).click();
  await expect(page.locator(".badge-bad").first()).toHaveText("! cursed");
  await page.getByRole("link", { name: "My tokens" }).click();
  await page.getByRole("combobox", { name: "To", exact: true }).selectOption("local-sat2");
  await page.getByLabel("Amount").fill("1");
  await expect(page.getByRole("alert")).toContainText("cursed this lane");

  await world.curse("local-sat2", "uncurse");
  const stranger = await (await browser.newContext()).newPage();
  await world.connect(stranger, "stranger", "operate");
  await stranger.getByRole("button", { name: /^Broadcast/ }).click();
  await expect(stranger.getByText("nobody is behind")).toBeVisible({ timeout: 30_000 });
  await stranger.close();
});

test("a message that met a pause fails with its reason and is executed by hand", async ({
  page,
  browser,
}) => {
  const satellite = world.chain("local-sat1");
  const abi = world.file.abis.own.RebaseToken;
  await world.connect(page, "guardian", "operate");
  await page.getByRole("button", { name: "Pause Satellite 1" }).click();
  await expect(page.getByText("unpausing is for the operations account")).toBeVisible();
  await world.visit(page, "overview");
  await expect(page.getByRole("region", { name: "Satellite 1" }).getByText("paused")).toBeVisible();

  const holder = await (await browser.newContext()).newPage();
  await world.connect(holder, "alice", "tokens");
  await holder.getByLabel("Amount").fill("3");
  await expect(holder.getByRole("alert")).toContainText("paused on Satellite 1");

  // The next pause comes after the check and before the arrival.
  const unpause = () =>
    world.send(
      satellite,
      world.account("operations"),
      satellite.contracts.token,
      abi,
      "unpause",
      [],
    );
  await unpause();
  await expect(holder.getByRole("button", { name: "Approve and send" })).toBeEnabled();
  await tellWallet(holder, { hesitates: true });
  await holder.getByRole("button", { name: "Approve and send" }).click();
  await expect(holder.getByText("Waiting for your signature")).toBeVisible();
  await world.send(
    satellite,
    world.account("guardian"),
    satellite.contracts.token,
    abi,
    "pause",
    [],
  );
  await tellWallet(holder, { hesitates: false });
  await expect(holder.getByText(/could not be executed: the token is paused/)).toBeVisible({
    timeout: 30_000,
  });

  await holder.getByRole("link", { name: "Overview" }).click();
  await expect(holder.getByText("In flight, 1 message")).toBeVisible();
  await expect(holder.getByText("adds up to the unit")).toBeVisible();
  await holder.getByRole("link", { name: "Messages" }).click();
  await expect(holder.getByText(/the token is paused there/)).toBeVisible();
  await expectNoViolations(holder);
  await holder.getByRole("button", { name: "Execute by hand on Satellite 1" }).click();
  await expect(holder.getByText(/It would fail: the token is paused/)).toBeVisible();
  await unpause();
  await holder.getByRole("button", { name: "Execute by hand on Satellite 1" }).click();
  await expect(holder.getByRole("row", { name: /Transfer/ }).first()).toContainText("executed");
  await holder.close();
});
