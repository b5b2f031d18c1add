import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { SavedNetwork } from "ccip-localnet";
import type { CcipVersion } from "ccip-localnet/protocol";

import { NO_PROGRESS } from "../../lib/cli/progress";
import { meshOf } from "../../lib/localnet/contracts";
import { launchMesh } from "../../lib/localnet/launch";
import type { LaunchedMesh } from "../../lib/localnet/launch";
import { startLocalnet } from "../../lib/localnet/localnet";
import { wireMesh } from "../../lib/localnet/wiring";

import { CCIP_VERSION } from "./ccipVersion";
import { runDirectory } from "./runDirectory";

/** A local network of three chains. */
interface Wanted {
  /** Below which it keeps its files. */
  readonly directory: string;
  /** Leaves the wiring to the test. */
  readonly unwired?: boolean;
  readonly ccip?: CcipVersion;
}

/**
 * Starts a local network with the token on it. The contracts are deployed and wired once in a run of the tests, by
 * who asks first; all others load what was on the chains then into nodes of their own.
 */
export async function startMesh({
  directory,
  unwired = false,
  ccip = CCIP_VERSION,
}: Wanted): Promise<LaunchedMesh> {
  const kept = path.join(runDirectory(), `${unwired ? "unwired" : "wired"}-${ccip}`);
  if (await mayBeLoaded(kept)) return load(kept, directory, ccip);
  try {
    const launched = unwired
      ? await launchMesh({ directory, unwired, ccip }, NO_PROGRESS)
      : await wired(await startMesh({ directory, unwired: true, ccip }));
    await keep(launched, kept);
    return launched;
  } finally {
    rmdirSync(claimOf(kept));
  }
}

/** Waits while another process makes what is asked for. @returns false for the one that is to make it. */
async function mayBeLoaded(kept: string): Promise<boolean> {
  while (!existsSync(kept)) {
    try {
      mkdirSync(claimOf(kept));
      return false;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      await sleep(50);
    }
  }
  return true;
}

function claimOf(kept: string): string {
  return `${kept}.claim`;
}

async function wired(launched: LaunchedMesh): Promise<LaunchedMesh> {
  await wireMesh(launched.mesh, launched.localnet);
  return launched;
}

async function load(kept: string, directory: string, ccip: CcipVersion): Promise<LaunchedMesh> {
  const saved = JSON.parse(readFileSync(path.join(kept, NETWORK), "utf8")) as SavedNetwork;
  const localnet = await startLocalnet({ directory, ccip, saved });
  cpSync(path.join(kept, RECORDS), path.join(directory, RECORDS), { recursive: true });
  return { localnet, mesh: meshOf(localnet) };
}

/** Writes a network down; it is there as a whole or not at all. */
async function keep({ localnet }: LaunchedMesh, kept: string): Promise<void> {
  const folder = mkdtempSync(`${kept}-`);
  writeFileSync(path.join(folder, NETWORK), JSON.stringify(await localnet.save()));
  cpSync(path.join(localnet.directory, RECORDS), path.join(folder, RECORDS), { recursive: true });
  renameSync(folder, kept);
}

const NETWORK = "network.json";
const RECORDS = "deployments";
