import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

export interface BrowserLaunch {
  readonly executablePath: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

/** Paths at which systems install a browser that these tests support. */
const SYSTEM_BROWSERS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Switches that disable Chromium's background network traffic. */
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
 * Returns the first browser that starts: the one in CHROMIUM_PATH, the one from npm, or one of the system.
 * @throws when none starts, so that the tests cannot be skipped silently.
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
 * Unpacks the Chromium of `@sparticuz/chromium`: a compressed, plain Linux binary. It is built for serverless
 * machines without NSS and fonts, and includes both; they are used where the system has none. The package's own
 * switches are not used, because they disable web security.
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

/** Unpacks the package's files; it writes to the system's folder for temporary files. */
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

/** Adds fonts where the system has none: without them text has no size, and layout tests prove nothing. */
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

/** Returns the error of a browser that cannot print its version; undefined when it can. */
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
