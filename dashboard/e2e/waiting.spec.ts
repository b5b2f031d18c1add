import { expect, test } from "@playwright/test";

import { approveAndSend } from "./pages";
import { World } from "./world";

let world: World;

/** Texts of a message that waits for its execution, and the actions after half an hour. */
const WAITING = {
  "1.6": { state: "committed", late: /by hand anybody may in 7 h/ },
  "2.0": { state: "verified", late: "Execute by hand on Satellite 1" },
} as const;

test.beforeAll(async () => {
  world = await World.open();
  await world.mint(world.account("alice"), "100");
});

test("shows the progress of a waiting message in the terms of its protocol", async ({ page }) => {
  const { state, late } = WAITING[await world.ccip()];
  world.localnet("hold", "--execution", "--from", "local-home", "--to", "local-sat1");
  try {
    await world.connect(page, "alice", "tokens");
    await page.getByLabel("Amount").fill("4");
    await approveAndSend(page);
    await expect(page.getByText("Waiting for its execution")).toBeVisible({ timeout: 90_000 });
    await expect(page.getByRole("row", { name: /^On the way to Satellite 1/ })).toContainText(
      state,
    );
    await page.getByRole("link", { name: "Messages" }).click();
    const row = page.getByRole("row", { name: /Transfer/ }).first();
    await expect(row.getByRole("listitem")).toHaveText([
      "sent, done",
      `${state}, done`,
      "executed",
    ]);
    await world.mineAt((await world.time()) + 31 * 60);
    await expect(row).toContainText(late);
  } finally {
    world.localnet("release");
  }
  const row = page.getByRole("row", { name: /Transfer/ }).first();
  await expect(row).toContainText("executed");
  await expect(row).not.toContainText(state);
});
