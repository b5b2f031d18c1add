import type {
  ConfigurableTaskDefinition,
  HardhatRuntimeEnvironment,
  RunSuperFunction,
} from "hardhat/types";

import type { MeshSession, SessionOptions } from "../lib/hardhat/meshSession";
import type { UnreadChains } from "../lib/mesh/unread";

import { JSON_FLAG, MESH } from "./options";
import type { Option } from "./options";

/** The options of a task, by name. */
type Options = Readonly<Record<string, Option>>;

/** The values that were typed for options. */
type Typed<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { kind: "flag" }
    ? boolean
    : O[K] extends { kind: `optional${string}` }
      ? string | undefined
      : string;
};

/** Gives a task its options and its action. An error becomes its message on stderr and exit code 1. */
export function define<O extends Options>(
  task: ConfigurableTaskDefinition,
  options: O,
  action: (
    typed: Typed<O>,
    hre: HardhatRuntimeEnvironment,
    runSuper: RunSuperFunction<unknown>,
  ) => Promise<unknown>,
): void {
  addOptions(task, options);
  task.setAction(async (typed: Typed<O>, hre, runSuper) => {
    const { orFail } = await import("../lib/cli/failure");
    return orFail(() => action(typed, hre, runSuper));
  });
}

function addOptions(task: ConfigurableTaskDefinition, options: Options): void {
  for (const [name, { kind, description, byDefault }] of Object.entries(options)) {
    if (kind === "flag") task.addFlag(name, description);
    else if (kind === "required") task.addParam(name, description);
    else if (kind === "positional") task.addPositionalParam(name, description);
    else if (kind === "optional positional") task.addOptionalPositionalParam(name, description);
    else task.addOptionalParam(name, description, byDefault);
  }
}

/** The exit code of a result, beside 0. */
interface Outcome<T> {
  /** True for exit code 2. */
  readonly drift?: (result: T) => boolean;
  /** True for exit code 1, whatever else. */
  readonly failed?: (result: T) => boolean;
}

/** Opens the mesh for a view, closes it, and sets the exit code. */
type Open = <T>(
  view: (session: MeshSession, confirm: (question: string) => Promise<void>) => Promise<T>,
  options?: SessionOptions & Outcome<T>,
) => Promise<T>;

/** The options of every task about a mesh. */
const COMMON = { mesh: MESH, json: JSON_FLAG };

/** Gives a task about a mesh its options, `--mesh` and `--json` beside them, and its action. */
export function onMesh<O extends Options>(
  task: ConfigurableTaskDefinition,
  options: O,
  action: (typed: Typed<O> & Typed<typeof COMMON>, open: Open) => Promise<unknown>,
): void {
  addOptions(task, options);
  define(task, COMMON, (common, hre) => {
    const typed = common as Typed<O> & typeof common & { readonly yes?: boolean };
    return action(typed, async (view, { drift, failed, ...sessionOptions } = {}) => {
      const { withSession } = await import("../lib/hardhat/withSession");
      const { confirm } = await import("../lib/cli/confirm");
      const { EXIT } = await import("../lib/cli/failure");
      const result = await withSession(
        hre,
        typed.mesh,
        (session) =>
          view(session, (question) => confirm(question, { live: session.live, yes: !!typed.yes })),
        sessionOptions,
      );
      if (drift?.(result)) process.exitCode = EXIT.drift;
      if (failed?.(result)) process.exitCode = EXIT.failed;
      return result;
    });
  });
}

/** Returns whether a chain was not read. */
export function isPartial({ unread }: { readonly unread: UnreadChains }): boolean {
  return unread.size > 0;
}
