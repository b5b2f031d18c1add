import { expect, test } from "@playwright/test";

import { approveAndSend, balanceRow, expectNoViolations, tabTo, headingOf } from "./pages";
import { World, rpc, tellWallet } from "./world";

let world: World;

test.beforeAll(async () => {
  world = await World.open();
  await world.mint(world.account("alice"), "200000");
});

test("follows a transfer to its arrival, from a wallet on another network", async ({ page }) => {
  await world.connect(page, "alice", "tokens");
  await expect(page.getByText("on another network")).toBeVisible();
  await page.getByLabel("Amount").fill("12.5");
  await expect(page.getByText("CCIP fee")).toBeVisible();
  await approveAndSend(page);
  await expect(page.getByText(/Arrived on Satellite 1 after/)).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText("on Home", { exact: true })).toBeVisible();
  await expect(balanceRow(page, "Satellite 1")).toContainText(/12\.5|12\.49/);
  await page.getByRole("link", { name: "Messages" }).click();
  const row = page.getByRole("row", { name: /Transfer/ }).first();
  await expect(row).toContainText(/12\.5|12\.49/);
  await expect(row).toContainText("executed");
});

test("moves tokens with the keyboard alone", async ({ page }) => {
  await world.giveWallet(page, world.account("alice"));
  await world.visit(page, "tokens");
  await tabTo(page, page.getByRole("button", { name: "Connect wallet" }));
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByLabel("Amount"));
  await page.keyboard.type("2");
  // The fee must be shown before anyone can agree to it.
  await expect(page.getByRole("button", { name: "Approve and send" })).toBeEnabled();
  await page.keyboard.press("Enter");
  await expect(page.getByText(/Arrived on Satellite 1 after/)).toBeVisible({ timeout: 30_000 });
});

test("pays the fee in LINK, and reports a missing LINK balance", async ({ page }) => {
  await world.connect(page, "alice", "tokens");
  await page.getByLabel("LINK").check();
  await page.getByLabel("Amount").fill("1");
  await expect(page.getByRole("alert")).toContainText("or pay in ETH");
  await world.send(
    world.home,
    world.account("deployer"),
    world.home.ccip.link,
    world.file.abis.own.RebaseToken,
    "transfer",
    [world.account("alice"), 10n ** 20n],
  );
  await approveAndSend(page);
  await expect(page.getByText(/Arrived on Satellite 1 after/)).toBeVisible({ timeout: 30_000 });
});

test("reports a rejected signature in words", async ({ page }) => {
  await world.connect(page, "alice", "tokens");
  await tellWallet(page, { rejects: true });
  await page.getByLabel("Amount").fill("1");
  await approveAndSend(page);
  await expect(page.getByRole("alert")).toContainText("You rejected it in your wallet");
  await expectNoViolations(page);
});

test("explains what to do when a wallet does not switch its network", async ({ page }) => {
  await world.connect(page, "alice", "tokens");
  await tellWallet(page, { staysWhereItIs: true });
  await page.getByLabel("Amount").fill("1");
  await expect(page.getByText("it is asked to switch to Home")).toBeVisible();
  await approveAndSend(page);
  await expect(page.getByRole("alert")).toContainText("Switch it by hand, then try again");
});

test("reports a balance that is too low for the fee or the gas, with the remedy", async ({
  page,
}) => {
  const poor = world.account("poor");
  await world.mint(poor, "10");
  await world.fund(world.home, poor, 0n);
  await world.connect(page, "poor", "tokens");
  await page.getByLabel("Amount").fill("1");
  await expect(page.getByRole("alert")).toContainText(/The fee is .* ETH, you have .*: top it up/);
  await expect(page.getByRole("button", { name: "Approve and send" })).toBeDisabled();
  const [, fee = ""] = /fee is ([\d.]+) ETH/.exec(await page.getByRole("alert").innerText()) ?? [];
  // A little above the fee, and far below the gas cost.
  await world.fund(world.home, poor, BigInt(Math.ceil(Number(fee) * 1e6) + 1) * 10n ** 12n);
  await expect(page.getByRole("button", { name: "Approve and send" })).toBeEnabled();
  await approveAndSend(page);
  await expect(page.getByRole("alert")).toContainText(
    "too little ETH for the fee and the gas. Top it up",
  );
});

test("refuses an ambiguous amount with both readings, and shows the sent amount in tokens", async ({
  page,
}) => {
  await world.connect(page, "alice", "tokens");
  for (const [text, readings] of [
    ["12,5", "12.5 or 125"],
    ["0,5", "0.5 or 5"],
    ["1.000,50", "1000.50 or 1.00050"],
    ["1,,0", "1.0 or 10"],
  ] as const) {
    await page.getByLabel("Amount").fill(text);
    await expect(page.getByRole("alert")).toContainText(`may mean ${readings}`);
    await expect(page.getByRole("button", { name: "Approve and send" })).toBeDisabled();
  }
  await page.getByLabel("Amount").fill("1,000.50");
  await expect(page.getByText("Leaves Home")).toBeVisible();
  await expect(page.getByText("1,000.5 RUSD", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Approve and send" })).toBeEnabled();
});

test("sends tokens to another receiver after checking its address", async ({ page }) => {
  const safe = "0x5afe000000000000000000000000000000000001";
  await rpc(world.home.rpcUrl, "anvil_setCode", [safe, "0x6001"]);
  await world.connect(page, "alice", "tokens");
  await page.getByLabel("Amount").fill("1");
  const receiver = page.getByLabel("Receiver");
  await receiver.fill("vitalik.eth");
  await expect(page.getByRole("alert")).toContainText("names are not resolved");
  await receiver.fill(world.chain("local-sat1").contracts.token);
  await expect(page.getByRole("alert")).toContainText("is the token of Satellite 1");
  await expect(page.getByRole("button", { name: "Approve and send" })).toBeDisabled();
  await receiver.fill(safe);
  await expect(page.getByText(/is a contract on Home, for example a Safe/)).toBeVisible();
  await receiver.fill(world.account("thirdParty"));
  await expect(page.getByText("Goes to")).toBeVisible();
  await approveAndSend(page);
  await expect(page.getByText(/Arrived on Satellite 1 after/)).toBeVisible({ timeout: 60_000 });
  const { token } = world.chain("local-sat1").contracts;
  const abi = world.file.abis.own.RebaseToken;
  const held = await world.read(world.chain("local-sat1"), token, abi, "balanceOf", [
    world.account("thirdParty"),
  ]);
  expect(held).toBeGreaterThan(0n);
});

test("reports a rate limit before anything is signed", async ({ page }) => {
  await world.connect(page, "alice", "tokens");
  await page.getByLabel("Amount").fill("150,000");
  await expect(page.getByRole("alert")).toContainText("At most 100,000.00 RUSD can leave");
  await expect(page.getByRole("button", { name: "Approve and send" })).toBeDisabled();
  await page.getByLabel("Amount").fill("999999999");
  await expect(page.getByRole("alert")).toContainText("send at most that");
});

test("shows the reason of a message that failed at a paused token, and executes it by hand", async ({
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

  // The next pause is mined after the check and before the arrival.
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
  await approveAndSend(holder);
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
    timeout: 60_000,
  });
  await expect(holder.getByRole("row", { name: /^On the way to Satellite 1/ })).toContainText(
    /3\.0|2\.9/,
  );

  await holder.getByRole("link", { name: "Overview" }).click();
  await expect(holder.getByText("In flight, 1 message")).toBeVisible();
  await expect(holder.getByText("adds up exactly")).toBeVisible();
  await holder.getByRole("link", { name: "Messages" }).click();
  await expect(holder.getByText("1 failed")).toBeVisible();
  await expect(holder.getByText(/the token is paused there/)).toBeVisible();
  await expectNoViolations(holder);
  await holder.getByRole("combobox", { name: "Show" }).selectOption("what is not there yet");
  await expect(holder.getByRole("row")).toHaveCount(2);
  await holder.getByRole("button", { name: "Execute by hand on Satellite 1" }).click();
  await expect(holder.getByText(/It would fail: the token is paused/)).toBeVisible();
  await unpause();
  await holder.getByRole("button", { name: "Execute by hand on Satellite 1" }).click();
  await expect(holder.getByText("Everything has arrived.")).toBeVisible();
  await holder.getByRole("combobox", { name: "Show" }).selectOption("transfers");
  await expect(holder.getByRole("row", { name: /Transfer/ }).first()).toContainText("executed");
  await holder.getByRole("link", { name: "Overview" }).click();
  await expect(holder.getByText("In flight, 0 messages")).toBeVisible();
  await expect(headingOf(holder)).toHaveText(/All 3 chains are at epoch/);
  await holder.close();
});

test("looks up any address without a wallet", async ({ page }) => {
  await world.visit(page, "tokens");
  const field = page.getByLabel("Look up an address");
  await field.fill("0x1234");
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.getByRole("button", { name: "Look up" })).toBeDisabled();
  const alice = world.account("alice");
  await field.fill(alice);
  await page.getByRole("button", { name: "Look up" }).click();
  const { token } = world.home.contracts;
  const abi = world.file.abis.own.RebaseToken;
  const shares = String(await world.read(world.home, token, abi, "sharesOf", [alice]));
  await expect(balanceRow(page, "Home")).toContainText(
    `${shares[0]}.${shares.slice(1, 6)}…e${shares.length - 1}`,
  );
  await expect(page.getByRole("heading", { name: "Transfer to another chain" })).toHaveCount(0);
  await expectNoViolations(page);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(balanceRow(page, "Home")).toHaveCount(0);
});

test("estimates the arrival time before sending, and shows the basis of the estimate", async ({
  page,
}) => {
  await world.connect(page, "alice", "tokens");
  await page.getByLabel("Amount").fill("1");
  await expect(
    page.getByText(
      new RegExp(
        `^about .*: the last \\d+ messages? from Home to Satellite 1 over CCIP ${await world.ccip()} took`,
      ),
    ),
  ).toBeVisible();
});

test("reports that no node knows the hash when a wallet proposes instead of sending", async ({
  page,
}) => {
  await world.connect(page, "alice", "tokens");
  await page.getByLabel("Amount").fill("1");
  await expect(page.getByRole("button", { name: "Approve and send" })).toBeEnabled();
  await tellWallet(page, { proposes: true });
  await approveAndSend(page);
  await expect(page.getByText("Sent, waiting to be mined")).toBeVisible();
  await expect(
    page.getByText(/No node knows the transaction .* A Safe returns a proposal/),
  ).toBeVisible({ timeout: 90_000 });
  await page.getByRole("button", { name: "Stop waiting" }).click();
  await expect(page.getByRole("alert")).toContainText("look in your wallet before you try again");
});
