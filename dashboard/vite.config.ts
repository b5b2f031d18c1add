import path from "node:path";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const room = (name: string) => path.resolve(import.meta.dirname, "../lib", name);

export default defineConfig({
  base: "./",
  plugins: [react()],
  // The same aliases as in tsconfig.json.
  resolve: { alias: { core: room("core"), ccip: room("ccip") } },
  build: {
    target: "es2022",
    // Inline data: urls would need exceptions in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
  },
  // Without isolation, the modules that the files share are loaded once, which takes longer than most of the tests.
  test: { include: ["test/**/*.test.{ts,tsx}"], environment: "node", isolate: false },
});
