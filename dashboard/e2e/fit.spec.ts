import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";

import { expectFits, expectNoViolations, intercept, settled } from "./pages";
import { World } from "./world";

let world: World;

test.beforeAll(async () => {
  world = await World.open();
});

/** Shows a mesh with two more satellites, which use the second one's endpoint with other chain ids. */
async function withFiveChains(page: Page): Promise<void> {
  const added = ["arbitrum-sepolia", "avalanche-fuji"].map((name, i) => ({
    name,
    chainId: 777_001 + i,
    selector: String(7_770_001 + i),
    rpcUrl: `${world.chain("local-sat2").rpcUrl}?${name}`,
  }));
  for (const { chainId, rpcUrl } of added) {
    await intercept(page, { rpcUrl }, ({ method }) =>
      method === "eth_chainId" ? { result: `0x${chainId.toString(16)}` } : undefined,
    );
  }
  await page.route("**/deployments.json", async (route) => {
    const response = await route.fetch();
    const file = (await response.json()) as { chains: { name: string; selector: string }[] };
    const [model] = file.chains.slice(-1);
    const more = added.map((chain) => ({ ...model, ...chain }));
    await route.fulfill({ response, json: { ...file, chains: [...file.chains, ...more] } });
  });
}

for (const width of [360, 1_024, 1_440]) {
  test(`lanes of five chains fit ${width} px, or show that they scroll`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await withFiveChains(page);
    await world.visit(page, "lanes");
    await expect(page.getByText("Avalanche").first()).toBeVisible();
    const table = page.getByRole("region", { name: "Lanes from row to column" });
    await settled(page);
    const isCut = await table.evaluate((element) => element.scrollWidth > element.clientWidth + 1);
    await expect(page.getByText("More columns: scroll sideways")).toHaveCount(isCut ? 1 : 0);
    if (width === 1_440) expect(isCut).toBe(false);
    if (isCut) {
      const head = table.getByRole("rowheader").first();
      await table.evaluate((element) => element.scrollTo({ left: 10_000 }));
      await expect(head).toBeInViewport();
      await expect(table.getByRole("columnheader").last()).toBeInViewport();
    }
    await expectFits(page, width);
    await expectNoViolations(page);
  });
}

test("sixteen messages fit one line each at 360 px, with details on demand", async ({ page }) => {
  for (let i = 0; i < 8; i++) await world.broadcast();
  await page.setViewportSize({ width: 360, height: 740 });
  await world.visit(page, "messages");
  await settled(page);
  const rows = page.getByRole("row").filter({ has: page.getByRole("cell") });
  await expect.poll(() => rows.count()).toBeGreaterThanOrEqual(16);
  for (const box of await Promise.all((await rows.all()).map((row) => row.boundingBox())))
    expect(box?.height).toBeLessThan(60);
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(2_000);
  await expect(page.getByText("Message", { exact: true })).toHaveCount(0);

  const toggle = page.getByRole("button", { name: /^Details of the/ }).first();
  await toggle.focus();
  await expect(toggle).toHaveAttribute("aria-expanded", "false");
  await page.keyboard.press("Enter");
  await expect(toggle).toHaveAttribute("aria-expanded", "true");
  await expect(page.getByText("Message", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: /copy message id in full/ })).toBeVisible();
  await expectFits(page, 360);
  await expectNoViolations(page);
  await page.keyboard.press("Enter");
  await expect(page.getByText("Message", { exact: true })).toHaveCount(0);
});
