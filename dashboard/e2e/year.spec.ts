import { expect, test } from "@playwright/test";

import { settled } from "./pages";
import { World } from "./world";

const DAY = 86_400;

// Runs last: after days without an update CCIP treats its prices as stale.
test("scales growth to a year once the history is long enough", async ({ page }) => {
  const world = await World.open();
  await world.visit(page, "history");
  await settled(page);
  const figure = (days: number) =>
    page.locator(".figures > div").filter({ hasText: `Last ${days} days` });
  await expect(figure(7)).toContainText("the history is younger");
  await world.mineAt((await world.time()) + 8 * DAY);
  await expect(figure(7)).toContainText("+0.00 %");
  await world.rebase(101n * 10n ** 25n);
  await world.mineAt(await world.effectiveAt());
  const yearly = (1.01 ** (365 / 7) - 1) * 100;
  await expect(figure(7)).toContainText(`+${yearly.toFixed(2)} %`);
  await expect(figure(30)).toContainText("the history is younger");
});
