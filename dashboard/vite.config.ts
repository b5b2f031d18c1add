import path from "node:path";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import type { Plugin } from "vite";

const LIB = path.resolve(import.meta.dirname, "../lib");
const SHIMS = path.resolve(import.meta.dirname, "src/shims");

/**
 * The codecs and verdicts come from `lib/`. One of its neighbours has no place in a browser: ABIs that are
 * read from node_modules come from the deployments export instead.
 */
function libInBrowser(): Plugin {
  return {
    name: "lib-in-browser",
    enforce: "pre",
    resolveId(source, importer) {
      if (!importer?.startsWith(LIB)) return null;
      if (source.endsWith("/releases")) return path.join(SHIMS, "releases.ts");
      return null;
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [libInBrowser(), react()],
  build: {
    target: "es2022",
    // Inline data: urls would need exceptions in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
  },
  test: { include: ["test/**/*.test.{ts,tsx}"], environment: "node" },
});
