import path from "node:path";

import { expect, test } from "@playwright/test";

import { headingOf } from "./pages";
import { World } from "./world";

const FOLDER = path.resolve(import.meta.dirname, "../screenshots");

/** A view to capture. */
interface Picture {
  readonly view: string;
  readonly width: 360 | 1440;
  readonly height: number;
  readonly account: "alice" | "operator";
  readonly colorScheme: "light" | "dark";
}

const wide = { width: 1440, height: 900, account: "alice", colorScheme: "light" } as const;
const narrow = { ...wide, width: 360, height: 780 } as const;

const PICTURES: readonly Picture[] = [
  ...["overview", "history", "messages", "lanes"].map((view) => ({ ...wide, view })),
  { ...wide, view: "tokens", height: 1150 },
  { ...wide, view: "operate", account: "operator" },
  { ...wide, view: "overview", colorScheme: "dark" },
  ...["overview", "tokens"].map((view) => ({ ...narrow, view })),
];

test("takes the screenshots for the README @screenshots", async ({ browser }) => {
  const world = await World.open();
  await world.mint(world.account("alice"), "5000");
  await world.letOperatorRebase();
  const open = async ({ view, width, height, account, colorScheme }: Picture) => {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    const page = await context.newPage();
    await world.connect(page, account, view);
    if (view === "tokens") await page.getByLabel("Amount").fill("250");
    if (view === "operate") await page.getByLabel("Change in percent").fill("0.5");
    await expect(page.locator("main .skeleton")).toHaveCount(0);
    return page;
  };
  for (const picture of PICTURES) {
    const { view, width, colorScheme } = picture;
    const page = await open(picture);
    const file = `${view}-${width}${colorScheme === "dark" ? "-dark" : ""}.png`;
    await page.screenshot({ path: path.join(FOLDER, file) });
    await page.close();
  }
  await world.curse("local-sat2", "curse");
  await world.rebase(101n * 10n ** 25n);
  const behind = await open({ ...wide, view: "overview", account: "operator" });
  await behind.getByRole("link", { name: "Operate" }).click();
  await behind.getByRole("button", { name: /^Broadcast for/ }).click();
  await expect(behind.getByText("1 stale")).toBeVisible();
  await behind.getByRole("link", { name: "Overview" }).click();
  await expect(headingOf(behind)).toHaveText(/the lane is cursed/);
  await behind.screenshot({ path: path.join(FOLDER, "overview-behind-1440.png") });
});
