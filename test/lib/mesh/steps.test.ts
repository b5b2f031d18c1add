import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { localAccount } from "ccip-localnet";

import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { localMesh } from "../../../config/meshes/local";
import { abi } from "../../../lib/core/abis";
import { withFeeMargin } from "../../../lib/core/feeMargin";
import type { RateLimit } from "../../../lib/core/mesh/limit";
import { UNLIMITED, inboundLimit, outboundLimit } from "../../../lib/core/mesh/limit";
import { parseMesh } from "../../../lib/core/mesh/parse";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import { isWiredToHome } from "../../../lib/mesh/components/governance";
import { rolesOn } from "../../../lib/mesh/permissions";
import { planMesh } from "../../../lib/mesh/plan";
import { readMesh } from "../../../lib/mesh/state";
import type { HomeState, MeshState, SatelliteState } from "../../../lib/mesh/state";
import type { Step } from "../../../lib/mesh/step";
import { stepOf } from "../../shared/plannedSteps";
import { completeWorld } from "../../shared/world";
import type { World } from "../../shared/world";

const HOME = "local-home";
const SAT1 = "local-sat1";
const THIRD_PARTY = localAccount(LOCAL_HOLDERS.thirdParty).address;
const OLD_POOL = "0x000000000000000000000000000000000000dEaD";

/** Changes of what was read. */
interface Otherwise {
  readonly home?: (now: HomeState) => Partial<HomeState>;
  readonly sat1?: (now: SatelliteState) => Partial<SatelliteState>;
  /** Changes of the mesh file. */
  readonly file?: Partial<MeshInput>;
}

describe("The steps of a plan, by what was read:", () => {
  let world: World;
  let state: MeshState;
  before(async () => {
    world = await completeWorld();
    state = await readMesh(world.mesh);
  });

  const home = () => state.get(HOME) as HomeState;
  const sat1 = () => state.get(SAT1) as SatelliteState;

  function plan({ home: atHome, sat1: atSat1, file }: Otherwise): Step[] {
    const states = new Map(state);
    if (atHome) states.set(HOME, { ...home(), ...atHome(home()) });
    if (atSat1) states.set(SAT1, { ...sat1(), ...atSat1(sat1()) });
    const config = parseMesh({ ...localMesh(), ...file });
    return planMesh({ ...world.mesh, config }, states);
  }

  const step = (name: string, otherwise: Otherwise): Step => stepOf(plan(otherwise), name);

  describe("a role", () => {
    const role = { contract: "token", role: "GUARDIAN_ROLE" } as const;

    it("is granted to the declared account before another one loses it", () => {
      const { after } = step(`${HOME}/token/unexpected GUARDIAN_ROLE ${THIRD_PARTY}`, {
        home: () => ({ unexpectedGrants: [{ ...role, account: THIRD_PARTY }] }),
      });
      expect(after).to.deep.equal([`${HOME}/token/GUARDIAN_ROLE`]);
    });

    it("of one contract is not taken for that of another", () => {
      const withdrawer = { role: "TREASURY_WITHDRAWER_ROLE" } as const;
      const names = ["broadcaster", "proposal sender"] as const;
      for (const contract of names) {
        const open = plan({
          home: ({ held }) => ({
            held: held.filter(
              (grant) => grant.contract !== contract || grant.role !== withdrawer.role,
            ),
          }),
        }).filter(({ status }) => status.kind !== "done");
        expect(open.map(({ id }) => id)).to.deep.equal([`${HOME}/${contract}/${withdrawer.role}`]);
      }
    });

    it("of a guardian who is the operations account too is granted once", () => {
      const roles = { ...localMesh().roles, guardian: localMesh().roles.operations };
      const ids = plan({ file: { roles } }).map(({ id }) => id);
      const granted = ids.filter((id) => id.startsWith(`${HOME}/timelock/CANCELLER_ROLE`));
      expect(granted).to.deep.equal([`${HOME}/timelock/CANCELLER_ROLE`]);
    });

    for (const [what, isLate, ...administeredBy] of [
      [
        "a pool that is offered to the timelock of a mesh that is handed over",
        true,
        "timelock",
        "timelock",
        "deployer",
      ],
      ["a pool that the timelock owns", false, "timelock", "timelock", "timelock"],
      ["a pool of a token that is not handed over", false, "deployer", "timelock", "deployer"],
      [
        "a pool of a registration that is not handed over",
        false,
        "timelock",
        "deployer",
        "deployer",
      ],
    ] as const) {
      it(`to mint is granted to ${what} ${isLate ? "once it is accepted" : "at once"}`, () => {
        const { pool } = world.mesh.satellites[0]?.contracts ?? {};
        const [ofToken, ofRegistry, ofPool] = administeredBy.map((who) =>
          who === "timelock" ? (world.mesh.satellites[0]?.contracts.timelock ?? "") : THIRD_PARTY,
        ) as [string, string, string];
        const steps = plan({
          sat1: (now) => ({
            token: { ...now.token, admin: ofToken },
            registry: { ...now.registry, administrator: ofRegistry },
            pool: { ...now.pool, owner: ofPool },
            held: now.held.filter(({ account }) => account !== pool),
          }),
        });
        const open = steps.filter(({ id }) => id.startsWith(`${SAT1}/token/BRIDGE_ROLE`));
        const after = isLate ? [`${SAT1}/timelock/accept`] : [];
        expect(open.map((one) => one.after)).to.deep.equal([after]);
        const others = steps.filter(({ id }) => id === `${SAT1}/token/GUARDIAN_ROLE`);
        expect(others.map((one) => one.after)).to.deep.equal([[]]);
      });
    }

    it("is proposed by the account that is declared, and never by the zero address", () => {
      const proposer = { contract: "timelock", role: "PROPOSER_ROLE" } as const;
      const { call } = step(`${SAT1}/timelock/propose`, {
        sat1: ({ held }) => ({
          held: held.filter((grant) => grant.role !== proposer.role),
          unexpectedGrants: [{ ...proposer, account: ZeroAddress }],
        }),
      });
      expect(call.from).to.equal(world.mesh.config.roles.operations);
    });
  });

  describe("the shares of a replaced pool", () => {
    /** Shares per token unit, now and from the next rebase on. */
    const index = { current: 3n * 10n ** 6n, next: 2n * 10n ** 6n, effectiveAt: 0n };
    /** The shares of one token by the smaller index. */
    const ONE = 2n * 10n ** 24n;
    const recovery = `${SAT1}/token/recover ${OLD_POOL}`;

    const withPool = (shares: bigint, mayMint = true) => ({
      sat1: (now: SatelliteState) => ({
        token: { ...now.token, index },
        previousPools: [{ address: OLD_POOL, mayMint, shares }],
      }),
    });

    for (const [what, shares, mayMint, isRecovered] of [
      ["that are worth a token by either index", ONE, true, true],
      ["that are worth less than a token by both", ONE - 1n, true, false],
      ["that has lost its role already", ONE, false, false],
    ] as const) {
      it(`${what} are ${isRecovered ? "recovered" : "left"}`, () => {
        const ids = plan(withPool(shares, mayMint)).map(({ id }) => id);
        expect(ids.includes(recovery)).to.equal(isRecovered);
      });
    }

    it("are recovered once the new pool is in use, and before the old one loses its role", () => {
      const grant = { contract: "token", role: "BRIDGE_ROLE", account: OLD_POOL } as const;
      const otherwise: Otherwise = {
        sat1: (now) => ({ ...withPool(ONE).sat1(now), unexpectedGrants: [grant] }),
      };
      const opening = `${SAT1}/registry/pool`;
      expect(step(recovery, otherwise).after).to.deep.equal([opening]);
      expect(
        step(`${SAT1}/token/unexpected BRIDGE_ROLE ${OLD_POOL}`, otherwise).after,
      ).to.deep.equal([`${SAT1}/token/BRIDGE_ROLE`, opening, recovery]);
    });

    const RECOVER = (to: string, shares: bigint) =>
      abi.token.encodeFunctionData("recoverShares", [OLD_POOL, to, shares]);
    for (const [what, amounts, target, expected] of [
      ["all of them", [], "token", ONE + 9n],
      ["those that were proposed, which dust does not change", [ONE], "token", ONE],
      ["the most that was proposed", [1n, ONE + 2n, ONE], "token", ONE + 2n],
      ["no more than there are", [ONE + 10n, ONE], "token", ONE],
      ["all, where another contract is called", [ONE], "other", ONE + 9n],
    ] as const) {
      it(`are recovered: ${what}`, () => {
        const { operations } = world.mesh.config.roles;
        const { token } = world.mesh.satellites[0]?.contracts ?? { token: "" };
        const calls = amounts.map((amount) => ({
          target: target === "token" ? token : THIRD_PARTY,
          value: 0n,
          data: RECOVER(operations, amount),
        }));
        const proposal = { id: ZeroHash, readyAt: 0n, predecessor: ZeroHash, salt: ZeroHash };
        const { call } = step(recovery, {
          sat1: (now) => ({
            ...withPool(ONE + 9n).sat1(now),
            proposals: [{ ...proposal, calls }],
          }),
        });
        expect(call.data).to.equal(RECOVER(operations, expected));
      });
    }
  });

  describe("a hand-over", () => {
    const NOW = 1_900_000_000n;

    for (const [what, delay, status] of [
      ["is waited for where the declared one is scheduled", 0n, "waiting"],
      ["is set again where another one is scheduled", 7n, "todo"],
    ] as const) {
      it(`with a delay that changes ${what}`, () => {
        const found = step(`${HOME}/token/handover delay`, {
          home: ({ token }) => ({
            timestamp: NOW,
            token: { ...token, delay: 5n, pendingDelay: { delay, from: NOW + 60n } },
          }),
        });
        expect(found.status.kind).to.equal(status);
      });
    }

    it("with a delay that has changed is done", () => {
      const found = step(`${HOME}/token/handover delay`, {
        home: ({ token }) => ({
          timestamp: NOW,
          token: { ...token, delay: 5n, pendingDelay: { delay: 0n, from: NOW - 1n } },
        }),
      });
      expect(found.status.kind).to.equal("done");
    });

    for (const [what, acceptableAfter, readyAt, timestamp, until] of [
      ["after the delay of the token's hand-over", NOW, NOW - 9n, NOW, NOW + 1n],
      ["after the delay of the timelock", NOW - 9n, NOW + 9n, NOW, NOW + 9n],
      ["at once, a second after the first", NOW, NOW - 9n, NOW + 1n, undefined],
      ["at once, when the second is over", NOW - 9n, NOW + 9n, NOW + 9n, undefined],
    ] as const) {
      it(`is accepted ${what}`, () => {
        const { timelock } = world.mesh.home.contracts;
        const { status } = step(`${HOME}/timelock/accept`, {
          home: ({ token, acceptance }) => ({
            timestamp,
            token: { ...token, admin: THIRD_PARTY, pendingAdmin: timelock, acceptableAfter },
            acceptance: { ...acceptance, state: "waiting", readyAt },
          }),
        });
        expect(status.kind === "waiting" ? status.until : undefined).to.equal(until);
      });
    }

    it("that was offered to another account is offered to the timelock", () => {
      const offered = (pendingAdmin: string) =>
        step(`${HOME}/token/offer`, {
          home: ({ token }) => ({ token: { ...token, admin: THIRD_PARTY, pendingAdmin } }),
        }).status.kind;
      expect(offered(THIRD_PARTY)).to.equal("todo");
      expect(offered(world.mesh.home.contracts.timelock)).to.equal("done");
    });

    it("is shown with its proposal, and whether that may be executed", () => {
      for (const [proposed, expected] of [
        ["unset", undefined],
        ["waiting", { ready: false, readyAt: NOW }],
        ["ready", { ready: true, readyAt: NOW }],
        ["done", undefined],
      ] as const) {
        const now = home();
        const acceptance = { ...now.acceptance, state: proposed, readyAt: NOW };
        const shown = rolesOn(world.mesh, world.mesh.home, { ...now, acceptance });
        expect(shown.proposal, proposed).to.deep.equal(expected);
      }
    });

    for (const [what, change] of [
      ["a shorter delay of proposals", { timelock: { minDelay: 59n } }],
      ["a longer delay of proposals", { timelock: { minDelay: 61n } }],
      ["another delay of hand-overs", { token: { delay: 1n } }],
    ] as const) {
      it(`differs from the mesh file in ${what}`, () => {
        const now = home();
        const token = { ...now.token, ...("token" in change && change.token) };
        const timelock = "timelock" in change ? change.timelock : now.timelock;
        const shown = rolesOn(world.mesh, world.mesh.home, { ...now, token, timelock });
        expect(shown.delays.filter(({ differs }) => differs)).to.have.length(1);
        expect(shown.differs).to.equal(true);
      });
    }
  });

  describe("a proposal of a timelock", () => {
    for (const [minDelay, delay] of [
      [59n, 60n],
      [61n, 61n],
    ] as const) {
      it(`has the longer of both delays: ${delay} s where the timelock asks for ${minDelay} s`, () => {
        const { call } = step(`${HOME}/timelock/propose`, {
          home: () => ({ timelock: { minDelay } }),
        });
        const [, , , , , given] = abi.timelock.decodeFunctionData("scheduleBatch", call.data);
        expect(given).to.equal(delay);
      });
    }
  });

  describe("a first broadcast", () => {
    const genesis = `${HOME}/broadcaster/genesis ${SAT1}`;
    const unsynced = (change: Partial<SatelliteState> = {}) => ({
      sat1: ({ token }: SatelliteState) => ({ token: { ...token, epoch: 0n }, ...change }),
    });
    const destined = (lastEpoch: bigint, fee?: bigint) => ({
      home: ({ broadcaster }: HomeState) => {
        const selector = world.mesh.satellites[0]?.selector ?? 0n;
        const destinations = new Map(broadcaster.destinations);
        const known = destinations.get(selector);
        if (known) destinations.set(selector, { ...known, lastEpoch });
        const fees = new Map(fee === undefined ? [] : [[selector, fee]]);
        return { broadcaster: { ...broadcaster, destinations, fees } };
      },
    });

    it("pays CCIP's fee with a margin", () => {
      const { call } = step(genesis, { ...unsynced(), ...destined(0n, 1_000_000n) });
      expect(call.value).to.equal(withFeeMargin(1_000_000n)).and.not.equal(1_000_000n);
      const [, , maxFee] = abi.broadcaster.decodeFunctionData("broadcast", call.data);
      expect(maxFee).to.equal(call.value);
    });

    const messageId = ZeroHash;
    for (const [what, lastEpoch, fee, firstBroadcast, kind, cause] of [
      ["that was not sent is to be sent", 0n, 1n, undefined, "todo", undefined],
      ["that has no fee waits for the lane", 0n, undefined, undefined, "waiting", undefined],
      ["that was sent is waited for", 1n, 1n, undefined, "waiting", undefined],
      ["that failed waits for its repair", 1n, 1n, "failure", "waiting", "repair"],
      ["that had no effect is sent again", 1n, 1n, "success", "todo", undefined],
    ] as const) {
      it(what, () => {
        const execution = firstBroadcast && { state: firstBroadcast, receiver: ZeroAddress };
        const found = execution && { firstBroadcast: { ...execution, messageId } };
        const { status } = step(genesis, { ...unsynced(found), ...destined(lastEpoch, fee) });
        expect(status.kind).to.equal(kind);
        expect(status.kind === "waiting" ? status.cause : undefined).to.equal(cause);
      });
    }

    it("comes after a destination of another receiver, whatever gas that had", () => {
      const { selector = 0n } = world.mesh.satellites[0] ?? {};
      const ids = plan({
        home: ({ broadcaster }) => ({
          broadcaster: {
            ...broadcaster,
            destinations: new Map(
              [...broadcaster.destinations].map(([to, known]) => [
                to,
                to === selector
                  ? { ...known, receiver: THIRD_PARTY, gasLimit: 10n * known.gasLimit }
                  : known,
              ]),
            ),
          },
        }),
      }).map(({ id }) => id);
      const destination = ids.indexOf(`${HOME}/broadcaster/destination ${SAT1}`);
      expect(destination).to.be.lessThan(ids.indexOf(genesis));
    });
  });

  describe("a router that CCIP has replaced", () => {
    type Carries = SatelliteState["receiver"]["previousCarries"];
    const replaced = (previousCarries: Carries, epoch: bigint) => ({
      sat1: ({ token, receiver, proposalReceiver, wrappedBridge }: SatelliteState) => {
        const old = { oldRouter: THIRD_PARTY, previousCarries };
        const oldSources = previousCarries === "old messages" ? [world.mesh.home.selector] : [];
        return {
          token: { ...token, epoch },
          receiver: { ...receiver, ...old, oldSources },
          ...(proposalReceiver && {
            proposalReceiver: { ...proposalReceiver, ...old, oldSources },
          }),
          ...(wrappedBridge && { wrappedBridge: { ...wrappedBridge, ...old, oldSources } }),
        };
      },
    });

    for (const [carries, epoch, waiting] of [
      ["new messages", 1n, ["receiver", "wrapped bridge", "proposal receiver"]],
      ["old messages", 0n, ["receiver"]],
      ["old messages", 1n, []],
      ["nothing", 0n, []],
    ] as const) {
      it(`and that carries ${carries} to epoch ${epoch} is kept by ${waiting.join(", ") || "nothing"}`, () => {
        const old = plan(replaced(carries, epoch)).filter(({ id }) =>
          id.endsWith("/previous router"),
        );
        const ids = (steps: readonly Step[]) => steps.map(({ id }) => id.split("/")[1]);
        expect(ids(old)).to.have.members(["receiver", "wrapped bridge", "proposal receiver"]);
        expect(ids(old.filter(({ status }) => status.kind !== "todo"))).to.have.members(waiting);
        for (const { id, after } of old) {
          expect(after).to.deep.equal([id.replace("/previous router", "/router")]);
        }
      });
    }

    it("is given up by the wrapped bridge only once the units on their way have arrived", () => {
      const name = `${SAT1}/wrapped bridge/previous router`;
      const lane = { source: HOME, destination: SAT1 };
      expect(step(name, replaced("old messages", 1n)).rejects).to.deep.equal({
        ...lane,
        others: [],
        drains: true,
      });
      expect(step(name, replaced("nothing", 1n)).rejects).to.equal(undefined);
    });
  });

  describe("a wrapped bridge", () => {
    const remote = `${SAT1}/wrapped bridge/remote ${HOME}`;
    const knows = (known: { bridge: string; gasLimit: bigint } | undefined): Otherwise => ({
      sat1: ({ wrappedBridge }) => {
        if (!wrappedBridge) return {};
        const remotes = new Map(wrappedBridge.remotes);
        remotes.delete(world.mesh.home.selector);
        if (known) remotes.set(world.mesh.home.selector, known);
        return { wrappedBridge: { ...wrappedBridge, remotes } };
      },
    });

    it("rejects what the one that it replaces has sent, and nothing else", () => {
      const { wrappedBridge: bridge = "" } = world.mesh.home.contracts;
      const rejects = (...known: Parameters<typeof knows>) => step(remote, knows(...known)).rejects;
      expect(rejects({ bridge: THIRD_PARTY, gasLimit: 500_000n })).to.deep.equal({
        source: HOME,
        destination: SAT1,
      });
      expect(rejects({ bridge, gasLimit: 1n })).to.equal(undefined);
      expect(rejects(undefined)).to.equal(undefined);
    });
  });

  describe("limits", () => {
    const out = { source: SAT1, destination: HOME };
    const back = { source: HOME, destination: SAT1 };
    const wanted = () => {
      const { config } = world.mesh;
      return { outbound: outboundLimit(config, out), inbound: inboundLimit(config, back) };
    };
    /** The first satellite with other limits of the lanes from and to home. */
    const limited =
      (change: Partial<Record<"outbound" | "inbound", RateLimit>>, admin?: string) =>
      ({ pool }: SatelliteState) => {
        const { selector } = world.mesh.home;
        const remotes = new Map(pool.remotes);
        const known = remotes.get(selector);
        if (known) remotes.set(selector, { ...known, ...change });
        return { pool: { ...pool, remotes, ...(admin && { rateLimitAdmin: admin }) } };
      };
    const scaled = (limit: RateLimit, times: bigint): RateLimit => ({
      ...limit,
      capacity: limit.capacity * times,
    });
    const given = ({ call }: Step) => {
      const [[one]] = abi.pool.decodeFunctionData("setRateLimitConfig", call.data) as unknown as [
        [{ outboundRateLimiterConfig: RateLimit; inboundRateLimiterConfig: RateLimit }],
      ];
      const { outboundRateLimiterConfig: leaves, inboundRateLimiterConfig: arrives } = one;
      return { outbound: leaves.capacity, inbound: arrives.capacity };
    };

    it("leave more room for arrivals without changing what may leave", () => {
      const { outbound, inbound } = wanted();
      const half = { ...inbound, capacity: inbound.capacity / 2n };
      const room = step(`${SAT1}/pool/room for ${HOME}`, {
        sat1: limited({ outbound: scaled(outbound, 3n), inbound: half }),
      });
      expect(given(room)).to.deep.equal({
        outbound: 3n * outbound.capacity,
        inbound: inbound.capacity,
      });
    });

    it("of arrivals are narrowed after what leaves at the other end, and name the messages that no longer fit", () => {
      const { inbound } = wanted();
      const index = { current: 3n * 10n ** 6n, next: 3n * 10n ** 6n, effectiveAt: 0n };
      for (const [next, least] of [
        [4n * 10n ** 6n, 3n * 10n ** 6n],
        [2n * 10n ** 6n, 2n * 10n ** 6n],
      ] as const) {
        const found = step(`${SAT1}/pool/limits ${HOME}`, {
          home: ({ token }) => ({ token: { ...token, index: { ...index, next } } }),
          sat1: (now) => ({
            ...limited({ inbound: scaled(inbound, 2n) })(now),
            token: { ...now.token, index },
          }),
        });
        expect(found.after).to.include(`${HOME}/pool/limits ${SAT1}`);
        expect(found.rejects).to.deep.equal({
          ...back,
          sharesFrom: (inbound.capacity + 1n) * least,
        });
      }
    });

    it("of departures rise after there is room at the other end", () => {
      const { after } = step(`${SAT1}/pool/limits ${HOME}`, {});
      expect(after).to.include.members([
        `${HOME}/pool/remote ${SAT1}`,
        `${HOME}/pool/room for ${SAT1}`,
        `${SAT1}/pool/room for ${HOME}`,
      ]);
    });

    it("of a lane that is closed are closed where it arrives after everything else", () => {
      const file = {
        lanes: { ...localMesh().lanes, pairs: { [`${HOME} -> ${SAT1}`]: "closed" as const } },
      };
      const closing = step(`${SAT1}/pool/close to ${HOME}`, { file });
      expect(closing.after).to.deep.equal([
        `${HOME}/pool/limits ${SAT1}`,
        `${SAT1}/pool/limits ${HOME}`,
      ]);
      expect(closing.rejects).to.deep.equal({ ...back, drains: true });
      expect(step(`${SAT1}/pool/limits ${HOME}`, { file }).status.kind).to.equal("done");
    });

    it("are set by the rate limit admin, and by the owner where there is none", () => {
      const { timelock = "" } = world.mesh.satellites[0]?.contracts ?? {};
      const by = (admin?: string) =>
        step(`${SAT1}/pool/limits ${HOME}`, { sat1: limited({ outbound: UNLIMITED }, admin) }).call
          .from;
      expect(by()).to.equal(world.mesh.config.roles.rateLimitAdmin);
      expect(by(ZeroAddress)).to.equal(timelock);
    });
  });

  describe("listeners", () => {
    const [ONE, OTHER] = [OLD_POOL, THIRD_PARTY];
    const PAIR = "0x000000000000000000000000000000000000bEEF";
    const listener = (address: string) => `${SAT1}/notifier/listener ${address}`;
    const declared = (one: number, other: number) => ({
      chains: {
        [SAT1]: {
          listeners: [
            { address: ONE, gas: one },
            { address: OTHER, gas: other },
          ],
          pairs: [PAIR],
        },
      },
    });
    /** The first satellite with two listeners beside those that the mesh deploys, and with some drift. */
    const listening =
      (one: bigint, other: bigint, drift: readonly string[] = []) =>
      ({ notifier }: SatelliteState): Partial<SatelliteState> => {
        const [first] = notifier?.listeners ?? [];
        if (!notifier || !first) return {};
        const more = [
          { ...first, address: ONE, gas: one },
          { ...first, address: OTHER, gas: other },
        ];
        const found = { found: "", expected: "x", recovery: "" };
        return {
          notifier: { ...notifier, listeners: [...notifier.listeners, ...more] },
          drift: drift.map((id) => ({ id, ...found })),
        };
      };

    for (const [what, before, after, order] of [
      [
        "give up gas before others get it where there is no room",
        [100_000n, 1_400_000n],
        [1_400_000, 100_000],
        [OTHER, ONE],
      ],
      [
        "get theirs in any order where there is",
        [100_000n, 200_000n],
        [200_000, 100_000],
        [ONE, OTHER],
      ],
    ] as const) {
      it(what, () => {
        const otherwise = {
          sat1: listening(before[0], before[1]),
          file: declared(after[0], after[1]),
        };
        const ids = plan(otherwise).map(({ id }) => id);
        const own = ids.filter((id) => [ONE, OTHER].map(listener).includes(id));
        expect(own).to.deep.equal(order.map(listener));
        const isLater = step(listener(ONE), otherwise).after.includes(listener(OTHER));
        expect(isLater).to.equal(order[0] === OTHER);
      });
    }

    it("are told, and pairs synced, once there is code at their addresses and they know the token", () => {
      const drift = [`pair syncer/code of ${PAIR}`, `notifier/code of ${ONE}`, "notifier/token"];
      const otherwise = { sat1: listening(1n, 1n, drift), file: declared(60_000, 60_000) };
      const at = (name: string) => `${SAT1}/${name}`;
      expect(step(at(`pair syncer/pair ${PAIR}`), otherwise).after).to.deep.equal([
        listener("pair syncer"),
        at(`pair syncer/code of ${PAIR}`),
      ]);
      expect(step(listener(ONE), otherwise).after).to.include.members([
        at("notifier/token"),
        at(`notifier/code of ${ONE}`),
      ]);
      expect(step(listener(OTHER), otherwise).after).not.to.include(at(`notifier/code of ${ONE}`));
      expect(step(at("receiver/notifier"), otherwise).after).to.include(at("notifier/token"));
    });
  });

  describe("a satellite's timelock is governed from home", () => {
    const isWired = (
      sender: Partial<HomeState["proposalSender"]>,
      sat: Partial<SatelliteState>,
    ) => {
      const { mesh } = world;
      const [chain] = mesh.satellites;
      const { proposalSender } = home();
      if (!chain || !proposalSender) throw new Error("The mesh has no proposals.");
      return isWiredToHome(mesh, chain, { ...proposalSender, ...sender }, { ...sat1(), ...sat });
    };

    it("where both ends are wired", () => {
      expect(isWired({}, {})).to.equal(true);
    });

    for (const [what, sender] of [
      ["another admin of the sender", { admin: THIRD_PARTY }],
      ["another router of the sender", { router: THIRD_PARTY }],
      ["no destination", { destinations: new Map() }],
    ] as const) {
      it(`but not with ${what}`, () => {
        expect(isWired(sender, {})).to.equal(false);
      });
    }

    for (const [what, receiver] of [
      ["another sender that the receiver takes proposals from", { sender: THIRD_PARTY }],
      ["another chain that it takes them from", { sourceSelector: 1n }],
      ["another router of the receiver", { router: THIRD_PARTY }],
    ] as const) {
      it(`but not with ${what}`, () => {
        const { proposalReceiver } = sat1();
        if (!proposalReceiver) throw new Error("The mesh has no proposals.");
        expect(isWired({}, { proposalReceiver: { ...proposalReceiver, ...receiver } })).to.equal(
          false,
        );
      });
    }

    it("but not with a receiver that may not propose", () => {
      const account = world.mesh.satellites[0]?.contracts.proposalReceiver;
      const held = sat1().held.filter(
        (grant) => grant.role !== "PROPOSER_ROLE" || grant.account !== account,
      );
      expect(isWired({}, { held })).to.equal(false);
    });
  });
});
