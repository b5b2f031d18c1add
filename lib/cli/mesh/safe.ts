import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

import { writeAllWhole } from "../../files/write";
import { chainsOf } from "../../core/mesh/mesh";
import type { Mesh } from "../../core/mesh/mesh";
import type { MeshPlan } from "../../mesh/read";
import { stateOf } from "../../mesh/state";
import { openSteps } from "../../mesh/step";
import type { Step } from "../../mesh/step";

import { phasesOf } from "./phases";

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
export interface SafeBatch {
  readonly version: "1.0";
  readonly chainId: string;
  /** Milliseconds: the time of the block that was read, so that equal states produce equal files. */
  readonly createdAt: number;
  readonly meta: {
    readonly name: string;
    readonly description: string;
    readonly txBuilderVersion: string;
    readonly createdFromSafeAddress: string;
    readonly createdFromOwnerAddress: string;
  };
  readonly transactions: readonly {
    readonly to: string;
    /** Wei, decimal. */
    readonly value: string;
    readonly data: string;
    readonly contractMethod: null;
    readonly contractInputsValues: null;
  }[];
}

const BUILDER_VERSION = "1.16.5";

/** Returns the open steps as Safe files, by phase, chain and owner. */
export function safeFiles(mesh: Mesh, plan: MeshPlan): SafeFile[] {
  const open = openSteps(plan.steps);
  const phases = phasesOf(open);
  const groups = new Map<string, Step[]>();
  for (const step of open) {
    const key = [phases.get(step.id), step.chain, step.call.from].join(" ");
    groups.set(key, [...(groups.get(key) ?? []), step]);
  }
  const order = chainsOf(mesh).map(({ name }) => name);
  const files = [...groups.values()].flatMap((steps) => {
    const [first] = steps;
    const chain = chainsOf(mesh).find(({ name }) => name === first?.chain);
    if (!first || !chain) return [];
    const phase = phases.get(first.id) ?? 0;
    const owner = first.call.from;
    return [
      {
        name: `${String(phase).padStart(2, "0")}-${chain.name}-${owner}.json`,
        phase,
        chain: chain.name,
        owner,
        steps: steps.map(({ id }) => id),
        batch: {
          version: "1.0" as const,
          chainId: chain.chainId.toString(),
          createdAt: Number(stateOf(plan.state, chain).timestamp) * 1_000,
          meta: {
            name: `mesh ${mesh.config.name}, phase ${phase}`,
            description: steps.map(({ title }) => title).join("; "),
            txBuilderVersion: BUILDER_VERSION,
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
        },
      },
    ];
  });
  return files.sort((a, b) => a.phase - b.phase || order.indexOf(a.chain) - order.indexOf(b.chain));
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
