import path from "node:path";

import { expect, test } from "@playwright/test";

import { World } from "./world";

const FOLDER = path.resolve(import.meta.dirname, "../screenshots");

const PICTURES = [
  [1440, 900, "overview", "alice"],
  [1440, 900, "history", "alice"],
  [1440, 900, "messages", "alice"],
  [1440, 900, "lanes", "alice"],
  [1440, 1150, "tokens", "alice"],
  [1440, 1150, "operate", "operator"],
  [360, 780, "overview", "alice"],
  [360, 780, "tokens", "alice"],
] as const;

test("pictures for the README @screenshots", async ({ browser }) => {
  test.setTimeout(120_000);
  const world = await World.open();
  await world.mint(world.account("alice"), "5000");
  for (const [width, height, name, account] of PICTURES) {
    const view = await (await browser.newContext({ viewport: { width, height } })).newPage();
    await world.connect(view, account, name);
    if (name === "tokens") await view.getByLabel("Amount").fill("250");
    await expect(view.locator("main .skeleton")).toHaveCount(0);
    await view.screenshot({ path: path.join(FOLDER, `${name}-${width}.png`) });
    await view.close();
  }
});
