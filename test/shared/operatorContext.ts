import { coreMesh } from "../../config/meshes/local";
import type { Output } from "../../lib/cli/consoleOutput";
import { signerFor } from "../../lib/localnet/wiring";
import type { OperatorContext } from "../../lib/mesh/operator";
import type { MeshChain } from "../../lib/core/mesh/mesh";
import { parseMesh } from "../../lib/core/mesh/parse";
import type { MeshInput } from "../../lib/core/mesh/schema";
import { NoKeyError } from "../../lib/mesh/signing";
import { AbsentProvider } from "../../lib/rpc/provider";

import { passTime } from "./meshFixture";
import type { MeshWorld } from "./meshFixture";

/** An operator context in a test, with its recorded output. */
export interface RecordedContext {
  readonly context: OperatorContext;
  readonly output: Output;
  /** Lines of stdout. */
  readonly printed: string[];
  /** Lines of stderr. */
  readonly said: string[];
}

/**
 * A context for the in-process world, with the keys of the development mnemonic.
 * @param change what the mesh file says beside what was deployed.
 * @param without accounts whose keys are not available.
 */
export function contextAt(
  world: MeshWorld,
  change: Partial<MeshInput> = {},
  without: readonly string[] = [],
): RecordedContext {
  const printed: string[] = [];
  const said: string[] = [];
  const context: OperatorContext = {
    mesh: { ...world.mesh, config: parseMesh({ ...coreMesh(world.chains.length), ...change }) },
    signerFor: (chain, account) =>
      without.includes(account) || account === chain.contracts.timelock
        ? Promise.reject(new NoKeyError(account, chain.name))
        : signerFor(chain, account),
    sendOptions: () => ({}),
    passTime: (steps) => passTime(world, steps),
    verifications: world.ccip,
  };
  const output = {
    stdout: (text: string) => void printed.push(text),
    log: (text: string) => void said.push(text),
  };
  return { context, output, printed, said };
}

/** A context of the mesh as it was deployed, for tasks that need no more; a hook may act on each line of stderr. */
export function hookedContextAt(
  { mesh }: Pick<MeshWorld, "mesh">,
  onSay: (text: string) => Promise<void> = () => Promise.resolve(),
): RecordedContext {
  const printed: string[] = [];
  const said: string[] = [];
  const context: OperatorContext = { mesh, signerFor, sendOptions: () => ({}) };
  const output = {
    stdout: (text: string) => void printed.push(text),
    log: (text: string) => {
      said.push(text);
      void onSay(text);
    },
  };
  return { context, output, printed, said };
}

/** A context whose endpoint for one chain, not known yet, does not answer. */
export function silent(context: OperatorContext, absent: string): OperatorContext {
  const swap = <C extends MeshChain>(chain: C): C =>
    chain.name === absent
      ? { ...chain, provider: new AbsentProvider(chain.name, chain.chainId) }
      : chain;
  const { home, satellites, ...mesh } = context.mesh;
  return { ...context, mesh: { ...mesh, home: swap(home), satellites: satellites.map(swap) } };
}
