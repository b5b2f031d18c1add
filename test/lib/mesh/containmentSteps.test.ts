import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { abi } from "../../../lib/core/abis";
import { CLOSED, outboundLimit } from "../../../lib/core/mesh/limit";
import type { RateLimit } from "../../../lib/core/mesh/limit";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import type { Containments, RemoteState } from "../../../lib/mesh/components/pool/state";
import { planMesh } from "../../../lib/mesh/plan";
import { readMesh } from "../../../lib/mesh/state";
import type { ChainState, MeshState } from "../../../lib/mesh/state";
import type { Step } from "../../../lib/mesh/step";
import { closedToSat1, containedScenario, withFile } from "../../shared/containedMesh";
import { readOtherwise, stepOf } from "../../shared/plannedSteps";
import type { Change } from "../../shared/plannedSteps";
import type { Scenario } from "../../shared/scenario";

const [HOME, SAT1, SAT2] = ["local-home", "local-sat1", "local-sat2"] as const;
const CONTAIN = `${HOME}/pool/contain ${SAT1}`;
const OLD_POOL = "0x000000000000000000000000000000000000dEaD";
const SHARES = 77n;

describe("The plan of a hub, by what was read:", () => {
  let s: Scenario;
  let state: MeshState;
  before(async () => {
    s = await containedScenario();
    state = await readMesh(s.mesh);
  });

  /** The steps as if some chains had been read otherwise, or not at all. */
  const plan = (changes: Parameters<typeof readOtherwise>[1], mesh = s.mesh): Step[] =>
    planMesh(mesh, readOtherwise(state, changes));

  /** The limits of what leaves a pool for another chain. */
  function leaving(
    remotes: ReadonlyMap<bigint, RemoteState>,
    peer: MeshChain,
    outbound: RateLimit,
  ): ReadonlyMap<bigint, RemoteState> {
    const known = remotes.get(peer.selector);
    return new Map([
      ...remotes,
      ...(known ? [[peer.selector, { ...known, outbound }] as const] : []),
    ]);
  }

  const counts = (contained: readonly MeshChain[]): Containments =>
    new Map(
      [s.sat1, s.sat2].map(({ selector }) => [
        selector,
        { isContained: contained.some((one) => one.selector === selector), outstanding: 0n },
      ]),
    );

  /** A lane that is closed at both ends and counts nothing, with tokens on its satellite. */
  const released = (): { readonly [HOME]: Change; readonly [SAT1]: Change } => ({
    [HOME]: ({ pool }) => ({
      pool: {
        ...pool,
        remotes: leaving(pool.remotes, s.sat1, CLOSED),
        containments: counts([s.sat2]),
      },
    }),
    [SAT1]: ({ pool, token }) => ({
      pool: { ...pool, remotes: leaving(pool.remotes, s.home, CLOSED) },
      token: { ...token, totalShares: SHARES },
    }),
  });
  const also =
    (change: Change, before: Change): Change =>
    (now) => {
      const was = before(now);
      return { ...was, ...change({ ...now, ...was } as ChainState) };
    };

  it("a lane is contained with the shares of its satellite, once nothing is on its way to it or home from it", () => {
    const { status, call, rejects } = stepOf(plan(released()), CONTAIN);
    expect(status.kind).to.equal("todo");
    expect(call.data).to.equal(
      abi.containedPool.encodeFunctionData("contain", [s.sat1.selector, SHARES]),
    );
    expect(rejects).to.deep.equal({
      source: SAT1,
      destination: HOME,
      others: [
        { source: HOME, destination: SAT1 },
        { source: SAT2, destination: SAT1 },
      ],
      drains: true,
    });
  });

  const open = () => outboundLimit(s.mesh.config, { source: SAT1, destination: HOME });
  for (const [what, chain, change] of [
    [
      "home still lets tokens leave for it",
      HOME,
      ({ pool }) => ({ pool: { ...pool, remotes: leaving(pool.remotes, s.sat1, open()) } }),
    ],
    [
      "it still lets tokens leave for home",
      SAT1,
      ({ pool }) => ({ pool: { ...pool, remotes: leaving(pool.remotes, s.home, open()) } }),
    ],
    [
      "another satellite still lets tokens leave for it",
      SAT2,
      ({ pool }) => ({ pool: { ...pool, remotes: leaving(pool.remotes, s.sat1, open()) } }),
    ],
    [
      "its pool in use, which is replaced, still lets tokens leave",
      SAT1,
      ({ pool, registry }) => ({
        registry: { ...registry, pool: OLD_POOL },
        previousPools: [
          {
            ...{ address: OLD_POOL, mayMint: true, shares: 0n },
            inUse: {
              owner: s.sat1.contracts.timelock,
              supersedes: false,
              remotes: leaving(pool.remotes, s.home, open()),
            },
          },
        ],
      }),
    ],
    ["another satellite was not read", SAT2, "not read"],
  ] as const satisfies readonly (readonly [string, string, Change | "not read"])[]) {
    it(`a lane waits to be contained while ${what}`, () => {
      const before = released();
      const changes: Partial<Record<string, Change | "not read">> = { ...before };
      const known = chain === SAT2 ? undefined : before[chain];
      changes[chain] = change === "not read" ? change : known ? also(change, known) : change;
      const { status } = stepOf(plan(changes), CONTAIN);
      expect(status.kind).to.equal("waiting");
    });
  }

  for (const [what, registered, totalShares, waits] of [
    ["never had a pool", ZeroAddress, 0n, false],
    ["has tokens and no pool any more", ZeroAddress, SHARES, true],
    ["has a pool and no tokens", OLD_POOL, 0n, true],
  ] as const) {
    it(`a satellite that ${what} is contained ${waits ? "once nothing is on its way" : "at once"}`, () => {
      const change: Change = ({ token, registry }) => ({
        token: { ...token, totalShares },
        registry: { ...registry, pool: registered },
      });
      const before = released();
      const { rejects } = stepOf(plan({ ...before, [SAT1]: also(change, before[SAT1]) }), CONTAIN);
      expect(rejects !== undefined).to.equal(waits);
    });
  }

  it("a lane opens at either end only after it is contained", () => {
    for (const [at, to] of [
      [HOME, SAT1],
      [SAT1, HOME],
    ]) {
      const after = (mesh: Mesh, change: ReturnType<typeof released>) =>
        stepOf(plan(change, mesh), `${at}/pool/limits ${to}`).after;
      expect(after(s.mesh, released()), at).to.include(CONTAIN);
      expect(after(withFile(s, closedToSat1).mesh, released()), at).not.to.include(CONTAIN);
    }
    expect(stepOf(plan({}), `${HOME}/pool/limits ${SAT1}`).after).not.to.include(CONTAIN);
  });

  describe("a new pool at home", () => {
    /** The pool in use counts both lanes; the new one has one of them already. */
    const replaced =
      (administrator: string): Change =>
      ({ pool, registry }) => ({
        registry: { ...registry, pool: OLD_POOL, administrator },
        pool: { ...pool, containments: counts([s.sat2]) },
        previousPools: [
          {
            ...{ address: OLD_POOL, mayMint: true, shares: 0n },
            inUse: {
              ...{ owner: s.home.contracts.timelock, supersedes: false },
              ...{ remotes: pool.remotes, containments: counts([s.sat1, s.sat2]) },
            },
          },
        ],
      });
    const adopt = () =>
      abi.containedPool.encodeFunctionData("adopt", [OLD_POOL, [s.sat1.selector]]);

    it("takes over the counts that it does not have, in the operation that puts it in use", () => {
      const steps = plan({ [HOME]: replaced(s.home.contracts.timelock) });
      const { batch } = stepOf(steps, `${HOME}/registry/pool`);
      expect(batch?.map(({ to, data }) => [to, data])).to.deep.equal([
        [s.home.contracts.pool, adopt()],
      ]);
      const ids = steps.map(({ id }) => id);
      expect(ids).not.to.include(CONTAIN).and.not.to.include(`${HOME}/pool/adopt`);
      expect(stepOf(steps, `${HOME}/pool/limits ${SAT1}`).after).not.to.include(CONTAIN);
    });

    it("takes them over in a step before, while the timelock does not administer the token", () => {
      const steps = plan({ [HOME]: replaced(s.mesh.deployer) });
      expect(stepOf(steps, `${HOME}/pool/adopt`).call.data).to.equal(adopt());
      const opening = stepOf(steps, `${HOME}/registry/pool`);
      expect(opening.batch).to.equal(undefined);
      expect(opening.after).to.include(`${HOME}/pool/adopt`);
    });
  });
});
