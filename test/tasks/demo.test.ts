import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { z } from "zod";

import { readManifest } from "../../lib/localnet/manifest";

const integer = z.string().regex(/^\d+$/);
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
  messages: z.array(
    z.strictObject({
      messageId: z.string().regex(/^0x[0-9a-f]{64}$/),
      source: z.string(),
      destination: z.string(),
      kind: z.enum(["broadcast", "transfer"]),
      state: z.literal("success"),
    }),
  ),
  gas: z.record(z.string(), integer),
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
});

async function demo(
  directory: string,
  ...args: string[]
): Promise<{ code: number; stdout: string }> {
  const child = spawn(
    process.execPath,
    [require.resolve("hardhat/internal/cli/bootstrap"), "demo", ...args],
    {
      cwd: path.resolve(__dirname, "../.."),
      env: { ...process.env, LOCALNET_DIRECTORY: directory, HARDHAT_NETWORK: "hardhat" },
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  let stdout = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  const [code] = (await once(child, "close")) as [number];
  return { code, stdout };
}
