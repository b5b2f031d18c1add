import { existsSync } from "node:fs";

/** Where systems keep a browser that these tests can drive. */
const SYSTEM_BROWSERS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** No network of its own: what Chromium does in the background has no place in a test. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * The browser of the system, or the one that npm brought.
 * @throws loudly when there is neither: tests that silently do not run prove nothing.
 */
export async function browserLaunch(): Promise<{ executablePath: string; args: string[] }> {
  const named = process.env.CHROMIUM_PATH;
  const system = [...(named ? [named] : []), ...SYSTEM_BROWSERS].find((file) => existsSync(file));
  if (system) return { executablePath: system, args: QUIET };
  try {
    const { default: chromium } = await import("@sparticuz/chromium");
    return { executablePath: await chromium.executablePath(), args: [...chromium.args, ...QUIET] };
  } catch (cause) {
    throw new Error(
      "THE BROWSER TESTS CANNOT RUN: there is no Chromium. Install one (on Debian `apt-get install " +
        "chromium`), or name it in CHROMIUM_PATH.",
      { cause },
    );
  }
}
