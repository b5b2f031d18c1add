import { defineConfig } from "@playwright/test";

import { browserLaunch } from "./e2e/browser";

export default defineConfig({
  testDir: "e2e",
  outputDir: "node_modules/.cache/e2e",
  globalSetup: "./e2e/network.ts",
  // The tests share one local network and depend on their order.
  workers: 1,
  fullyParallel: false,
  // Generous, because a busy machine with two cores is up to twenty times slower.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: [["list"]],
  use: {
    launchOptions: await browserLaunch(),
    viewport: { width: 1440, height: 1000 },
    actionTimeout: 60_000,
  },
});
