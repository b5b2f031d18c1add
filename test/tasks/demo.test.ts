import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { z } from "zod";

import { readManifest } from "../../lib/localnet/manifest";

const integer = z.string().regex(/^\d+$/);
const messageSchema = z.strictObject({
  messageId: z.string().regex(/^0x[0-9a-f]{64}$/),
  source: z.string(),
  destination: z.string(),
  kind: z.enum(["broadcast", "transfer"]),
  state: z.literal("success"),
});
const reportSchema = z.strictObject({
  ok: z.boolean(),
  seconds: z.number().positive(),
  chains: z.array(
    z.strictObject({
      name: z.string(),
      chainId: integer,
      selector: integer,
      role: z.enum(["home", "satellite"]),
      epoch: integer,
      sharesPerToken: integer,
      totalShares: integer,
      totalSupply: integer,
    }),
  ),
  issuedShares: integer,
  sharesInFlight: integer,
  conserved: z.boolean(),
  converged: z.boolean(),
  messages: z.array(messageSchema),
  gas: z.record(z.string(), integer),
});

const pool = z.strictObject({
  pair: z.string(),
  wrapped: integer,
  link: integer,
  worth: integer,
});
const defiSchema = reportSchema.extend({
  messages: z.array(messageSchema.extend({ kind: z.enum(["broadcast", "transfer", "proposal"]) })),
  defi: z.strictObject({
    pool: z.strictObject({ opened: pool, grown: pool }),
    listeners: z.array(
      z.strictObject({
        chain: z.string(),
        listener: z.enum(["rate feed", "pair syncer"]),
        epoch: integer,
        sharesPerToken: integer,
      }),
    ),
    quarantined: z.array(
      z.strictObject({ chain: z.string(), epoch: integer, sharesPerToken: integer }),
    ),
    proposals: z.array(
      z.strictObject({
        chain: z.string(),
        nonce: integer,
        operation: z.string(),
        implementation: z.string(),
      }),
    ),
    wrapped: z.strictObject({
      source: z.string(),
      destination: z.string(),
      sent: integer,
      arrived: integer,
    }),
  }),
});

describe("hardhat demo", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "demo-"));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("prints one JSON document reporting success, and leaves nothing behind", async () => {
    const { code, stdout } = await demo(directory, "--json");
    expect(code).to.equal(0);
    const report = reportSchema.parse(JSON.parse(stdout));
    expect(report).to.include({ ok: true, conserved: true, converged: true, sharesInFlight: "0" });

    expect(report.chains.map(({ role }) => role)).to.deep.equal(["home", "satellite", "satellite"]);
    const [home, ...satellites] = report.chains;
    for (const satellite of satellites) {
      expect(satellite).to.include({ epoch: home?.epoch, sharesPerToken: home?.sharesPerToken });
      expect(satellite.totalSupply, `dust on ${satellite.name}`).to.match(/^[0-3]$/);
    }
    const shares = report.chains.reduce((sum, chain) => sum + BigInt(chain.totalShares), 0n);
    expect(shares).to.equal(BigInt(report.issuedShares));

    expect(readManifest(directory)).to.equal(undefined);
    expect(existsSync(path.join(directory, "deployments/local/local-home"))).to.equal(false);
  });

  it("prints the findings of the second chapter in its document", async () => {
    const { code, stdout } = await demo(directory, "--chapter", "defi", "--json");
    expect(code).to.equal(0);
    const report = defiSchema.parse(JSON.parse(stdout));
    expect(report).to.include({ ok: true, conserved: true, converged: true, sharesInFlight: "0" });

    const { pool, listeners, quarantined, proposals } = report.defi;
    const names = report.chains.map(({ name }) => name);
    const satellites = names.slice(1);
    expect(pool.grown).to.include({ wrapped: pool.opened.wrapped, link: pool.opened.link });
    expect(new Set(listeners.map(({ chain }) => chain))).to.deep.equal(new Set(names));
    expect(quarantined.map(({ chain }) => chain)).to.deep.equal(satellites);
    expect(proposals.map(({ chain }) => chain)).to.deep.equal(satellites);
    const proposed = report.messages.filter(({ kind }) => kind === "proposal");
    expect(proposed.map(({ destination }) => destination)).to.deep.equal(satellites);
  });

  it("lists the chapters when asked for another one", async () => {
    const { code, stdout, stderr } = await demo(directory, "--chapter", "three");
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
    expect(stderr).to.include('--chapter "three" is not a chapter of the demo');
  });
});

async function demo(
  directory: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(
    process.execPath,
    [require.resolve("hardhat/internal/cli/bootstrap"), "demo", ...args],
    {
      cwd: path.resolve(__dirname, "../.."),
      env: { ...process.env, LOCALNET_DIRECTORY: directory, HARDHAT_NETWORK: "hardhat" },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const [code] = (await once(child, "close")) as [number];
  return { code, stdout, stderr };
}
