import { expect } from "chai";
import { localAccount } from "ccip-localnet";

import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { coreMesh } from "../../../config/meshes/local";
import { abi } from "../../../lib/core/abis";
import { CLOSED, UNLIMITED, fastLimits } from "../../../lib/core/mesh/limit";
import type { RateLimit } from "../../../lib/core/mesh/limit";
import type { MeshChain } from "../../../lib/core/mesh/mesh";
import { parseMesh } from "../../../lib/core/mesh/parse";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import type { PreviousPool } from "../../../lib/mesh/components/pool/previous";
import type { RemoteState } from "../../../lib/mesh/components/pool/state";
import { planMesh } from "../../../lib/mesh/plan";
import { readMesh } from "../../../lib/mesh/state";
import type { MeshState } from "../../../lib/mesh/state";
import type { Step } from "../../../lib/mesh/step";
import { loadFixture } from "../../shared/fixture";
import { wiredMeshFixture } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { readOtherwise, stepOf } from "../../shared/plannedSteps";
import type { Change } from "../../shared/plannedSteps";

const [HOME, SAT1] = ["local-home", "local-sat1"] as const;
const OUT = `${HOME} -> ${SAT1}`;
const THIRD_PARTY = localAccount(LOCAL_HOLDERS.thirdParty).address;
const OLD_POOL = "0x000000000000000000000000000000000000dEaD";
const OLDER_POOL = "0x000000000000000000000000000000000000bEEF";
const SAFE = "0x00010000";
const NONE = "0x00000000";

type Changes = Partial<Record<string, Change>>;

describe("The steps of pools, by what was read:", () => {
  let world: MeshWorld;
  let state: MeshState;
  before(async () => {
    world = await loadFixture(wiredMeshFixture);
    state = await readMesh(world.mesh);
  });

  const sat1 = (): MeshChain => world.mesh.satellites[0] ?? world.mesh.home;

  function plan(changes: Changes, lanes: Partial<MeshInput["lanes"]> = {}, file = {}): Step[] {
    const core = coreMesh();
    const config = parseMesh({ ...core, lanes: { ...core.lanes, ...lanes }, ...file });
    return planMesh({ ...world.mesh, config }, readOtherwise(state, changes));
  }

  const step = (name: string, ...args: Parameters<typeof plan>): Step =>
    stepOf(plan(...args), name);

  /** The settings of a pool, with others for one chain. */
  function changed(
    remotes: ReadonlyMap<bigint, RemoteState>,
    { selector }: MeshChain,
    change: (known: RemoteState) => Partial<RemoteState>,
  ): ReadonlyMap<bigint, RemoteState> {
    const all = new Map(remotes);
    const known = all.get(selector);
    if (known) all.set(selector, { ...known, ...change(known) });
    return all;
  }

  /** The newest pool of a chain with other settings for another one. */
  const knowing =
    (peer: MeshChain, change: (known: RemoteState) => Partial<RemoteState>): Change =>
    ({ pool }) => ({ pool: { ...pool, remotes: changed(pool.remotes, peer, change) } });

  type Fast = NonNullable<RemoteState["permissions"]>["fast"];
  const bucket = (limit: RateLimit) => ({ ...limit, tokens: 0n });

  describe("fast transfers", () => {
    const waitingFor = (finality: "safe" | number) => ({
      fast: { [OUT]: { finality, capacity: "100", rate: "1" } },
    });
    const FAST = waitingFor("safe");
    const limits = () =>
      fastLimits(parseMesh({ ...coreMesh(), lanes: { ...coreMesh().lanes, ...FAST } }), {
        source: HOME,
        destination: SAT1,
      });

    /** A chain that allows a finality, with these limits of fast transfers from and to another one. */
    const allowing =
      (allowedFinality: string, peer: MeshChain, fast: Partial<Fast> = {}): Change =>
      (now) => {
        const { pool = now.pool } = knowing(peer, ({ permissions }) =>
          permissions
            ? { permissions: { ...permissions, fast: { ...permissions.fast, ...fast } } }
            : {},
        )(now);
        return { pool: { ...pool, allowedFinality } };
      };
    /** Both ends of a lane on which fast transfers leave and arrive. */
    const opened = (): Changes => ({
      [HOME]: allowing(SAFE, sat1(), { outbound: bucket(limits().outbound) }),
      [SAT1]: allowing(SAFE, world.mesh.home, { inbound: bucket(limits().inbound) }),
    });

    it("may leave once the pool at the other end allows them, has room for them and is in use", () => {
      const { after } = step(`${HOME}/pool/fast limits ${SAT1}`, {}, FAST);
      expect(after).to.deep.equal([
        `${SAT1}/pool/finality`,
        `${SAT1}/pool/fast room for ${HOME}`,
        `${SAT1}/registry/pool`,
      ]);
    });

    it("are allowed at both ends, whatever finality the mesh file says", () => {
      for (const [finality, encoded] of [
        ["safe", SAFE],
        [10, "0x0000000a"],
      ] as const) {
        const file = waitingFor(finality);
        for (const name of [HOME, SAT1]) {
          const { call } = step(`${name}/pool/finality`, {}, file);
          const [given] = abi.pool.decodeFunctionData("setAllowedFinalityConfig", call.data);
          expect(given, name).to.equal(encoded);
        }
      }
    });

    it("arrive no more once none leaves and those on their way have arrived; then their finality is refused", () => {
      const closing = step(`${SAT1}/pool/close fast to ${HOME}`, opened());
      expect(closing.after).to.deep.equal([`${HOME}/pool/fast limits ${SAT1}`]);
      expect(closing.rejects).to.deep.equal({
        ...{ source: HOME, destination: SAT1 },
        ...{ fast: true, drains: true },
      });
      const { after, call } = step(`${SAT1}/pool/finality`, opened());
      expect(after).to.deep.equal([closing.id]);
      const [given] = abi.pool.decodeFunctionData("setAllowedFinalityConfig", call.data);
      expect(given).to.equal(NONE);
    });

    it("stop at both ends before another finality is allowed", () => {
      const file = waitingFor(10);
      const ids = plan(opened(), file).map(({ id }) => id);
      expect(ids).to.include(`${HOME}/pool/pause fast to ${SAT1}`);
      const { after } = step(`${SAT1}/pool/finality`, opened(), file);
      expect(after).to.deep.equal([`${SAT1}/pool/close fast to ${HOME}`]);
    });

    it("that no longer fit are rejected by name", () => {
      const { capacity, ...others } = limits().inbound;
      for (const [times, rejects] of [
        [2n, { source: HOME, destination: SAT1, fast: true }],
        [1n, undefined],
      ] as const) {
        const inbound = bucket({ ...others, capacity: times * capacity - (2n - times) });
        const room = step(
          `${SAT1}/pool/fast room for ${HOME}`,
          { [SAT1]: allowing(SAFE, world.mesh.home, { inbound }) },
          FAST,
        );
        expect(room.rejects).to.deep.equal(rejects);
      }
    });

    it("still arrive while those are stopped that leave", () => {
      const { inbound, outbound } = limits();
      const both = { inbound: bucket(inbound), outbound: bucket(outbound) };
      const { call } = step(`${SAT1}/pool/fast limits ${HOME}`, {
        [SAT1]: allowing(SAFE, world.mesh.home, both),
      });
      const [[given]] = abi.pool.decodeFunctionData("setRateLimitConfig", call.data) as unknown as [
        [Record<"inboundRateLimiterConfig" | "outboundRateLimiterConfig", RateLimit>],
      ];
      expect(given.outboundRateLimiterConfig.isEnabled).to.equal(UNLIMITED.isEnabled);
      expect(given.inboundRateLimiterConfig.capacity).to.equal(inbound.capacity);
    });
  });

  describe("verifiers", () => {
    const [A, B, C] = [OLD_POOL, OLDER_POOL, THIRD_PARTY];
    const declared = (source: string[], destination: string[]) => ({
      verifiers: { [OUT]: { source, destination } },
    });
    const verifying = (peer: MeshChain, outbound: string[], inbound: string[]): Change =>
      knowing(peer, ({ permissions }) =>
        permissions ? { permissions: { ...permissions, verifiers: { outbound, inbound } } } : {},
      );
    const set = ({ call }: Step) => [
      ...(abi.pool.decodeFunctionData("setVerifiers", call.data)[2] as string[]),
    ];

    it("are required once they are requested, and once what left before has arrived", () => {
      const { after, rejects } = step(
        `${SAT1}/pool/verifiers from ${HOME}`,
        {},
        declared([A], [B]),
      );
      expect(after).to.deep.equal([`${HOME}/pool/verifiers to ${SAT1}`]);
      expect(rejects).to.deep.equal({ source: HOME, destination: SAT1, drains: true });
    });

    it("are requested until they are no longer required", () => {
      const { after } = step(`${HOME}/pool/former verifiers to ${SAT1}`, {
        [HOME]: verifying(sat1(), [A], []),
        [SAT1]: verifying(world.mesh.home, [], [B]),
      });
      expect(after).to.deep.equal([`${SAT1}/pool/verifiers from ${HOME}`]);
    });

    it("are requested beside those that take their place", () => {
      const changes = { [HOME]: verifying(sat1(), [A], []) };
      const file = declared([C], []);
      const first = step(`${HOME}/pool/verifiers to ${SAT1}`, changes, file);
      const second = step(`${HOME}/pool/former verifiers to ${SAT1}`, changes, file);
      expect([set(first), set(second)]).to.deep.equal([[A, C], [C]]);
      expect(second.after).to.include(first.id);
    });

    it("of a pool in use are those of its successor until that is in use", () => {
      const changes = {
        [SAT1]: replacing(({ remotes }) => ({
          remotes: changed(remotes, world.mesh.home, ({ permissions }) =>
            permissions
              ? { permissions: { ...permissions, verifiers: { outbound: [], inbound: [A] } } }
              : {},
          ),
        })),
      };
      expect(set(step(`${SAT1}/pool/verifiers in use from ${HOME}`, changes))).to.deep.equal([A]);
      const { after } = step(`${SAT1}/pool/verifiers from ${HOME}`, changes, declared([C], [B]));
      expect(after).to.include(`${SAT1}/registry/pool`);
    });

    it("are required once the source has another pool in use, which may be of generation 1", () => {
      const { after } = step(
        `${SAT1}/pool/verifiers from ${HOME}`,
        { [HOME]: replacing(() => ({})) },
        declared([A], [B]),
      );
      expect(after).to.include(`${HOME}/registry/pool`);
    });
  });

  type InUse = NonNullable<PreviousPool["inUse"]>;

  /** A chain whose registry names another pool than its newest one, with the same settings unless given. */
  function replacing(
    change: (inUse: InUse) => Partial<InUse>,
    pool: Partial<Pick<PreviousPool, "mayMint">> = {},
  ): Change {
    return (now) => {
      const { owner, remotes } = now.pool;
      const inUse = { owner, remotes, supersedes: false };
      return {
        registry: { ...now.registry, pool: OLD_POOL },
        previousPools: [
          {
            ...{ address: OLD_POOL, mayMint: true, shares: 0n, ...pool },
            inUse: { ...inUse, ...change(inUse) },
          },
          { address: OLDER_POOL, mayMint: false, shares: 0n },
        ],
      };
    };
  }

  describe("a replaced pool", () => {
    it("that can mint lets tokens leave for its chain, and one that cannot lets none", () => {
      const opening = `${SAT1}/registry/pool`;
      for (const mayMint of [true, false]) {
        const { after } = step(`${HOME}/pool/limits ${SAT1}`, {
          [SAT1]: replacing(() => ({}), { mayMint }),
        });
        expect(after.includes(opening), `may mint: ${mayMint}`).to.equal(!mayMint);
      }
    });

    it("whose messages may be on their way is known to both pools at the other end", () => {
      const ids = plan({
        [HOME]: replacing(() => ({})),
        [SAT1]: replacing(({ remotes }) => ({
          remotes: changed(remotes, world.mesh.home, ({ pools }) => ({
            pools: [...pools, OLDER_POOL],
          })),
        })),
      }).map(({ id }) => id);
      expect(ids).to.include.members([
        `${SAT1}/pool/remote ${HOME} ${OLD_POOL}`,
        `${SAT1}/pool/remote ${HOME} ${OLDER_POOL}`,
      ]);
    });

    it("is forgotten at the other end once both ends have their new pools in use", () => {
      const { after } = step(`${SAT1}/pool/old pool ${OLD_POOL} of ${HOME}`, {
        [SAT1]: knowing(world.mesh.home, ({ pools }) => ({ pools: [...pools, OLD_POOL] })),
      });
      expect(after).to.deep.equal([
        `${SAT1}/pool/remote ${HOME}`,
        `${HOME}/registry/pool`,
        `${SAT1}/registry/pool`,
      ]);
    });

    for (const [what, owner, mayMint, withdrawn, isOutdated] of [
      ["of the timelock, without its role", "timelock", false, undefined, true],
      ["of another account, with the role", "third party", true, undefined, true],
      ["of another account, without the role", "third party", false, undefined, false],
      ["that the mesh file withdraws", "timelock", true, OLD_POOL, false],
      ["while the mesh file withdraws another one", "timelock", true, OLDER_POOL, true],
    ] as const) {
      it(`that was put in use after the one on record, ${what}: ${isOutdated ? "the record is outdated" : "it is replaced"}`, () => {
        const change: Change = (now) =>
          replacing(
            ({ owner: timelock }) => ({
              supersedes: true,
              owner: owner === "timelock" ? timelock : THIRD_PARTY,
            }),
            { mayMint },
          )(now);
        const file = withdrawn && { chains: { [HOME]: { withdrawnPool: withdrawn } } };
        const ids = plan({ [HOME]: change }, {}, file).map(({ id }) => id);
        expect(ids.includes(`${HOME}/deployments/pool`)).to.equal(isOutdated);
        // Nothing is planned then for any pool.
        const isPlanned = ids.some((id) => id.startsWith(`${SAT1}/pool/`));
        expect(isPlanned).to.equal(!isOutdated);
      });
    }
  });

  describe("a remote chain", () => {
    it("with another token is set up anew, which rejects what is on its way", () => {
      const changes = { [SAT1]: knowing(world.mesh.home, () => ({ token: THIRD_PARTY })) };
      const { rejects } = step(`${SAT1}/pool/remote ${HOME}`, changes);
      expect(rejects).to.deep.equal({ source: HOME, destination: SAT1 });
      const missing = { [SAT1]: knowing(world.mesh.home, () => ({ pools: [] })) };
      expect(step(`${SAT1}/pool/remote ${HOME}`, missing).rejects).to.equal(undefined);
    });

    it("with another token exchanges nothing with the pool in use either", () => {
      const other = (token: string) =>
        plan({
          [SAT1]: replacing(({ remotes }) => ({
            remotes: changed(remotes, world.mesh.home, () => ({ token, pools: [] })),
          })),
        }).map(({ id }) => id);
      const inUse = `${SAT1}/pool in use/remote ${HOME}`;
      expect(other(world.mesh.home.contracts.token)).to.include(inUse);
      expect(other(THIRD_PARTY)).not.to.include(inUse);
    });

    it("without a pool in use is set up closed where tokens could leave already", () => {
      const { selector, contracts } = sat1();
      for (const [registered, isClosed] of [
        [THIRD_PARTY, true],
        [contracts.pool, false],
      ] as const) {
        const { call } = step(`${HOME}/pool/remote ${SAT1}`, {
          [HOME]: ({ pool }) => {
            const remotes = new Map(pool.remotes);
            remotes.delete(selector);
            return { pool: { ...pool, remotes } };
          },
          [SAT1]: ({ registry }) => ({ registry: { ...registry, pool: registered } }),
        });
        const [, [added]] = abi.pool.decodeFunctionData(
          "applyChainUpdates",
          call.data,
        ) as unknown as [unknown, [{ readonly outboundRateLimiterConfig: RateLimit }]];
        const { capacity } = added.outboundRateLimiterConfig;
        expect(capacity === CLOSED.capacity).to.equal(isClosed);
      }
    });
  });
});
