import { localMesh } from "../../config/meshes/local";
import type { Voice } from "../../lib/cli/voice";
import { signerFor } from "../../lib/localnet/wiring";
import type { Desk } from "../../lib/mesh/desk/desk";
import type { MeshChain } from "../../lib/mesh/mesh";
import { parseMesh } from "../../lib/mesh/schema";
import type { MeshInput } from "../../lib/mesh/schema";
import { NoKeyError } from "../../lib/mesh/signing";
import { AbsentProvider } from "../../lib/rpc/absent";

import { passTime } from "./meshFixture";
import type { MeshWorld } from "./meshFixture";

/** A desk in a test, and what was said at it. */
export interface HeardDesk {
  readonly desk: Desk;
  readonly voice: Voice;
  /** What went to stdout. */
  readonly printed: string[];
  /** What went to stderr. */
  readonly said: string[];
}

/**
 * A desk at a world in process, with the keys of the development mnemonic.
 * @param change what the mesh file says beside what was deployed.
 * @param without accounts whose keys are somewhere else.
 */
export function deskAt(
  world: MeshWorld,
  change: Partial<MeshInput> = {},
  without: readonly string[] = [],
): HeardDesk {
  const printed: string[] = [];
  const said: string[] = [];
  const desk: Desk = {
    mesh: { ...world.mesh, config: parseMesh({ ...localMesh(world.chains.length), ...change }) },
    signerFor: (chain, account) =>
      without.includes(account) || account === chain.contracts.timelock
        ? Promise.reject(new NoKeyError(account, chain.name))
        : signerFor(chain, account),
    sendOptions: () => ({}),
    passTime: (steps) => passTime(world, steps),
    verifications: world.ccip,
  };
  const voice = {
    print: (text: string) => void printed.push(text),
    say: (text: string) => void said.push(text),
  };
  return { desk, voice, printed, said };
}

/** A desk with nothing at the endpoint of one of its chains, which nobody knows yet. */
export function silent(desk: Desk, absent: string): Desk {
  const swap = <C extends MeshChain>(chain: C): C =>
    chain.name === absent
      ? { ...chain, provider: new AbsentProvider(chain.name, chain.chainId) }
      : chain;
  const { home, satellites, ...mesh } = desk.mesh;
  return { ...desk, mesh: { ...mesh, home: swap(home), satellites: satellites.map(swap) } };
}
