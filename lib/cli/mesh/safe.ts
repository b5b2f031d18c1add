import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

import { groupBy } from "ccip-localnet/protocol";

import { chainsOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { writeAllWhole } from "../../files/write";
import type { MeshPlan } from "../../mesh/read";
import { stateOf } from "../../mesh/state";
import { openSteps } from "../../mesh/step";
import type { Step } from "../../mesh/step";

import { phasesOf } from "./document";

/** Transactions of one account on one chain that can be sent together, in Safe's own format. */
export interface SafeFile {
  /** `01-local-home-0xAbc….json`: phases are signed in order, across all chains. */
  readonly name: string;
  readonly phase: number;
  readonly chain: string;
  readonly owner: string;
  readonly steps: readonly string[];
  readonly batch: SafeBatch;
}

/** The file format of Safe's Transaction Builder. */
export type SafeBatch = ReturnType<typeof safeBatch>;

/** Returns the open steps as Safe files, by phase, chain and owner. */
export function safeFiles(mesh: Mesh, plan: MeshPlan): SafeFile[] {
  const open = openSteps(plan.steps);
  const phases = phasesOf(open);
  const files = chainsOf(mesh).flatMap((chain) => {
    const mine = open.filter((step) => step.chain === chain.name);
    const groups = groupBy(mine, ({ id, call }) => `${phases.get(id)} ${call.from}`);
    return [...groups].map(([key, steps]): SafeFile => {
      const { timestamp } = stateOf(plan.state, chain);
      const [phase = "", owner = ""] = key.split(" ");
      return {
        name: `${phase.padStart(2, "0")}-${chain.name}-${owner}.json`,
        phase: Number(phase),
        chain: chain.name,
        owner,
        steps: steps.map(({ id }) => id),
        batch: safeBatch(
          `mesh ${mesh.config.name}, phase ${phase}`,
          chain,
          timestamp,
          owner,
          steps,
        ),
      };
    });
  });
  return files.sort((a, b) => a.phase - b.phase);
}

function safeBatch(
  name: string,
  { chainId }: MeshChain,
  timestamp: bigint,
  owner: string,
  steps: readonly Step[],
) {
  return {
    version: "1.0",
    chainId: chainId.toString(),
    // The time of the block that was read, so that equal states produce equal files.
    createdAt: Number(timestamp) * 1_000,
    meta: {
      name,
      description: steps.map(({ title }) => title).join("; "),
      txBuilderVersion: "1.16.5",
      createdFromSafeAddress: owner,
      createdFromOwnerAddress: "",
    },
    transactions: steps.map(({ call: { to, value, data } }) => ({
      to,
      value: value.toString(),
      data,
      contractMethod: null,
      contractInputsValues: null,
    })),
  };
}

/** Returns the JSON document of Safe files, without their transactions. */
export function safeDocument(files: readonly SafeFile[]) {
  return files.map(({ name, phase, chain, owner, steps }) => ({
    name,
    phase,
    chain,
    owner,
    steps,
  }));
}

/** Names that only {@link safeFiles} produces. */
const SAFE_FILE = /^\d\d-.+-0x[0-9a-fA-F]{40}\.json$/;

/**
 * Writes Safe files into a folder and removes those of an earlier plan, which would repeat or revert later changes.
 */
export function writeSafeFiles(folder: string, files: readonly SafeFile[]): void {
  const contents = files.map(({ name, batch }): [string, string] => [
    path.join(folder, name),
    `${JSON.stringify(batch, undefined, 2)}\n`,
  ]);
  writeAllWhole(new Map(contents), () => {
    if (!existsSync(folder)) return;
    for (const name of readdirSync(folder).filter((file) => SAFE_FILE.test(file))) {
      rmSync(path.join(folder, name));
    }
  });
}
