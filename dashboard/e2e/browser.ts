import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** Settings for starting a browser. */
export interface BrowserLaunch {
  readonly executablePath: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

/** Paths at which systems keep a browser that these tests can drive. */
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
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const PROBE_TIMEOUT_MS = 60_000;
const INFLATED = path.resolve(import.meta.dirname, "../node_modules/.cache/chromium");

/**
 * The browser that is named in CHROMIUM_PATH, the one that npm brought, or one of the system: the
 * first that starts.
 * @throws loudly when none does: tests that silently do not run prove nothing.
 */
export async function browserLaunch(): Promise<BrowserLaunch> {
  const failures: string[] = [];
  const env = plainEnvironment();
  const named = process.env.CHROMIUM_PATH;
  const attempts: (() => Promise<BrowserLaunch> | BrowserLaunch)[] = named
    ? [() => ({ executablePath: named, args: QUIET, env })]
    : [
        () => browserOfNpm(env),
        ...SYSTEM_BROWSERS.filter((file) => existsSync(file)).map((executablePath) => () => ({
          executablePath,
          args: QUIET,
          env,
        })),
      ];
  for (const attempt of attempts) {
    try {
      const launch = await attempt();
      const reason = whyItFails(launch);
      if (!reason) return launch;
      failures.push(`${launch.executablePath}: ${reason}`);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(
    [
      "THE BROWSER TESTS CANNOT RUN: no Chromium starts on this machine.",
      ...failures.map((failure) => `  ${failure}`),
      "Install one (on Debian `apt-get install chromium`), or name one in CHROMIUM_PATH.",
    ].join("\n"),
  );
}

/**
 * The Chromium of `@sparticuz/chromium`: a plain Linux binary, compressed. It is made for a function
 * service whose machines have neither NSS nor fonts, and brings both; they are used where the system
 * has none. The package's own switches are not: they turn the web's security off.
 */
async function browserOfNpm(env: Record<string, string>): Promise<BrowserLaunch> {
  const packed = path.join(
    path.dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")),
    "../../bin",
  );
  const binary = path.join(INFLATED, "chromium");
  const plain = { executablePath: binary, args: QUIET, env: withFonts(env) };
  if (existsSync(binary) && !whyItFails(plain)) return plain;
  const equipped = {
    ...plain,
    env: { ...plain.env, LD_LIBRARY_PATH: path.join(INFLATED, "al2023/lib") },
  };
  if (existsSync(binary) && !whyItFails(equipped)) return equipped;
  // Nothing was unpacked yet, or only a part of it.
  rmSync(INFLATED, { recursive: true, force: true });
  mkdirSync(INFLATED, { recursive: true });
  await unpack(["chromium.br", "al2023.tar.br", "fonts.tar.br"].map((f) => path.join(packed, f)));
  return whyItFails(plain) ? equipped : plain;
}

/** The package unpacks into the folder for temporary files, wherever that is. */
async function unpack(files: readonly string[]): Promise<void> {
  const { inflate } = await import("@sparticuz/chromium");
  const before = process.env.TMPDIR;
  process.env.TMPDIR = INFLATED;
  try {
    await Promise.all(files.map((file) => inflate(file)));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

/** Text has no size where there is no font: layouts of it would prove nothing. */
function withFonts(env: Record<string, string>): Record<string, string> {
  if (existsSync("/etc/fonts/fonts.conf")) return env;
  const file = path.join(path.dirname(INFLATED), "fonts.conf");
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>` +
      `<dir>${path.join(INFLATED, "fonts")}</dir><cachedir>${INFLATED}/fonts-cache</cachedir></fontconfig>`,
  );
  return { ...env, FONTCONFIG_FILE: file };
}

/** Returns the complaint of a browser that does not even print its version; undefined when it does. */
function whyItFails({ executablePath, env }: BrowserLaunch): string | undefined {
  const { status, error, stderr } = spawnSync(executablePath, ["--version"], {
    env,
    encoding: "utf8",
    timeout: PROBE_TIMEOUT_MS,
  });
  if (status === 0) return undefined;
  return error?.message ?? (stderr.trim().split("\n")[0] || `it ended with code ${status}`);
}

function plainEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}
