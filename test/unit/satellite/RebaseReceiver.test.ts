import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, concat, dataSlice, id, toBeHex, zeroPadValue } from "ethers";
import type { ContractTransactionResponse } from "ethers";
import fc from "fast-check";

import { RebaseReceiver__factory } from "../../../typechain-types";
import type { RebaseReceiver } from "../../../typechain-types";
import { NO_BAND } from "../../shared/breakerFixture";
import { deployRebaseToken } from "../../shared/deployRebaseToken";
import { loadFixture } from "../../shared/fixture";
import { GENESIS_INDEX, MIN_INDEX } from "../../shared/indexes";
import { propertyRuns } from "../../shared/propertyRuns";
import {
  HOME_SELECTOR,
  abiEncodedAddress,
  newRouter,
  receiverFixture,
  unpairedReceiverFixture,
} from "../../shared/receiverFixture";
import type { ReceiverWorld } from "../../shared/receiverFixture";
import { shouldAllowExactly } from "../../shared/rolesTable";
import type { RolesWorld } from "../../shared/rolesTable";
import { ROLES } from "../../shared/tokenFixture";

const OTHER_SELECTOR = HOME_SELECTOR + 1n;

/** A home's index state. */
interface State {
  readonly epoch: bigint;
  readonly current: bigint;
  readonly next: bigint;
  readonly effectiveAt: bigint;
}

const NOTHING = [1n, 2n, 3n, 4n] as const;

const UNSYNCED: State = { epoch: 0n, current: 0n, next: 0n, effectiveAt: 0n };

/** The state that home was in at an epoch; each is unlike the others in every value. */
function stateAt(epoch: bigint): State {
  return {
    epoch,
    current: GENESIS_INDEX - epoch * 1_000n,
    next: GENESIS_INDEX - epoch * 2_000n,
    effectiveAt: 1_000_000n + epoch,
  };
}

describe("RebaseReceiver", () => {
  describe("construction", () => {
    it("sets the router, the token and the owner, and starts unpaired", async () => {
      const { receiver, token, router, owner } = await loadFixture(unpairedReceiverFixture);
      expect(await receiver.getRouter()).to.equal(router.address);
      expect(await receiver.getPreviousRouter()).to.equal(ZeroAddress);
      expect(await receiver.getToken()).to.equal(await token.getAddress());
      expect(await receiver.owner()).to.equal(owner.address);
      expect(await receiver.getSource()).to.deep.equal([0n, ZeroAddress]);
      expect(await receiver.typeAndVersion()).to.equal("RebaseReceiver 1.1.0");
    });

    it("refuses the token of the home", async () => {
      const { receiver, router, owner } = await loadFixture(unpairedReceiverFixture);
      const home = await deployRebaseToken(owner, { isHome: true });
      await expect(new RebaseReceiver__factory(owner).deploy(router, home, owner))
        .to.be.revertedWithCustomError(receiver, "NotSatelliteToken")
        .withArgs(await home.getAddress());
    });

    it("refuses to be without an owner", async () => {
      const { receiver, token, router, owner } = await loadFixture(unpairedReceiverFixture);
      await expect(new RebaseReceiver__factory(owner).deploy(router, token, ZeroAddress))
        .to.be.revertedWithCustomError(receiver, "OwnableInvalidOwner")
        .withArgs(ZeroAddress);
    });
  });

  describe("interface detection by CCIP", () => {
    const interfaces: [interfaceId: string, what: string, supported: boolean][] = [
      ["0x85572ffb", "IAny2EVMMessageReceiver", true],
      // A receiver that supports this one may be sent messages that have not waited for finality.
      ["0x1bfc84d0", "IAny2EVMMessageReceiverV2", false],
      ["0x01ffc9a7", "IERC165", true],
      ["0xffffffff", "no interface at all", false],
    ];
    for (const [interfaceId, what, supported] of interfaces) {
      it(`${supported ? "supports" : "does not support"} ${what} within 30,000 gas [D12, I28]`, async () => {
        const { receiver } = await loadFixture(unpairedReceiverFixture);
        // 30,000 for the call itself, and what every transaction costs before it.
        const answer = receiver.supportsInterface(interfaceId, { gasLimit: 30_000 + 21_500 });
        expect(await answer).to.equal(supported);
      });
    }
  });

  describe("pairing", () => {
    it("names one broadcaster on one chain, and can be changed", async () => {
      const { receiver, broadcaster, thirdParty } = await loadFixture(unpairedReceiverFixture);
      for (const [selector, { address }] of [
        [HOME_SELECTOR, broadcaster],
        [OTHER_SELECTOR, thirdParty],
      ] as const) {
        await expect(receiver.setSource(selector, address))
          .to.emit(receiver, "SourceSet")
          .withArgs(selector, address);
        expect(await receiver.getSource()).to.deep.equal([selector, address]);
      }
    });

    it("requires both chain and broadcaster", async () => {
      const { receiver, broadcaster } = await loadFixture(unpairedReceiverFixture);
      for (const [selector, address] of [
        [0n, broadcaster.address],
        [HOME_SELECTOR, ZeroAddress],
      ] as const) {
        await expect(receiver.setSource(selector, address)).to.be.revertedWithCustomError(
          receiver,
          "ZeroValue",
        );
      }
      expect(await receiver.getSource()).to.deep.equal([0n, ZeroAddress]);
    });

    it("accepts a message of the new source, and none of the old, after a change", async () => {
      const world = await loadFixture(receiverFixture);
      const { receiver, thirdParty, token } = world;
      await receiver.setSource(OTHER_SELECTOR, thirdParty);
      await expect(deliver(world, stateAt(1n))).to.be.revertedWithCustomError(
        receiver,
        "UnexpectedSource",
      );
      await deliver(world, stateAt(1n), {
        selector: OTHER_SELECTOR,
        sender: abiEncodedAddress(thirdParty.address),
      });
      expect(await token.epoch()).to.equal(1n);
    });
  });

  describe("another router", () => {
    /** Addresses that may be pasted in the place of a router by mistake. */
    const mistakes: [what: string, address: (world: ReceiverWorld) => Promise<string>][] = [
      ["nobody", () => Promise.resolve(ZeroAddress)],
      ["a wallet, or a router of another chain", ({ thirdParty }) => thirdParty.getAddress()],
      ["the token", ({ token }) => token.getAddress()],
      ["the receiver itself", ({ receiver }) => receiver.getAddress()],
      [
        "a contract that reverts with one word",
        async ({ thirdParty }) => {
          await setCode(thirdParty.address, "0x60205ffd");
          return thirdParty.address;
        },
      ],
    ];
    for (const [what, addressOf] of mistakes) {
      it(`is not ${what}, now or at deployment [H2]`, async () => {
        const world = await loadFixture(receiverFixture);
        const { receiver, token, owner, router } = world;
        const address = await addressOf(world);
        for (const attempt of [
          () => receiver.setRouter(address),
          () => new RebaseReceiver__factory(owner).deploy(address, token, owner),
        ]) {
          await expect(attempt())
            .to.be.revertedWithCustomError(receiver, "NotARouter")
            .withArgs(address);
        }
        expect(await routersOf(receiver)).to.deep.equal([router.address, ZeroAddress]);
      });
    }

    it("delivers at once, and the previous one still does under the same conditions [D25]", async () => {
      const world = await loadFixture(receiverFixture);
      const { receiver, router, owner, thirdParty } = world;
      const next = await newRouter(owner);
      await expect(deliver({ ...world, router: next }, stateAt(1n)))
        .to.be.revertedWithCustomError(receiver, "InvalidRouter")
        .withArgs(next.address);

      await expect(receiver.setRouter(next))
        .to.emit(receiver, "RouterSet")
        .withArgs(next.address, router.address);
      expect(await routersOf(receiver)).to.deep.equal([next.address, router.address]);
      await deliver({ ...world, router: next }, stateAt(1n));
      await deliver(world, stateAt(2n));
      await expectState(world, stateAt(2n));

      for (const trusted of [router, next]) {
        const forged = { selector: OTHER_SELECTOR };
        await expect(
          deliver({ ...world, router: trusted }, stateAt(3n), forged),
        ).to.be.revertedWithCustomError(receiver, "UnexpectedSource");
      }
      await expect(deliver({ ...world, router: thirdParty }, stateAt(3n)))
        .to.be.revertedWithCustomError(receiver, "InvalidRouter")
        .withArgs(thirdParty.address);
    });

    it("is the only one after the previous one is dropped, which is possible once [D25]", async () => {
      const world = await loadFixture(receiverFixture);
      const { receiver, router, owner } = world;
      await expect(receiver.dropPreviousRouter()).to.be.revertedWithCustomError(
        receiver,
        "NoPreviousRouter",
      );
      const next = await newRouter(owner);
      await receiver.setRouter(next);
      await expect(receiver.dropPreviousRouter())
        .to.emit(receiver, "PreviousRouterDropped")
        .withArgs(router.address);
      expect(await routersOf(receiver)).to.deep.equal([next.address, ZeroAddress]);
      await expect(deliver(world, stateAt(1n)))
        .to.be.revertedWithCustomError(receiver, "InvalidRouter")
        .withArgs(router.address);
      await deliver({ ...world, router: next }, stateAt(1n));
      await expectState(world, stateAt(1n));
      await expect(receiver.dropPreviousRouter()).to.be.revertedWithCustomError(
        receiver,
        "NoPreviousRouter",
      );
    });

    it("must differ from the current one: repeating it would drop the previous one unnoticed", async () => {
      const { receiver, router, owner } = await loadFixture(receiverFixture);
      const next = await newRouter(owner);
      await receiver.setRouter(next);
      await expect(receiver.setRouter(next))
        .to.be.revertedWithCustomError(receiver, "RouterUnchanged")
        .withArgs(next.address);
      expect(await routersOf(receiver)).to.deep.equal([next.address, router.address]);
    });

    it("may be the previous one, and a third one replaces the first", async () => {
      const world = await loadFixture(receiverFixture);
      const { receiver, router, owner } = world;
      const [second, third] = [await newRouter(owner), await newRouter(owner)];
      await receiver.setRouter(second);
      await receiver.setRouter(router);
      expect(await routersOf(receiver)).to.deep.equal([router.address, second.address]);
      await receiver.setRouter(third);
      await expect(deliver({ ...world, router: second }, stateAt(1n)))
        .to.be.revertedWithCustomError(receiver, "InvalidRouter")
        .withArgs(second.address);
      for (const [i, trusted] of [router, third].entries()) {
        await deliver({ ...world, router: trusted }, stateAt(BigInt(i) + 1n));
      }
      await expectState(world, stateAt(2n));
    });
  });

  describe("a message", () => {
    it("is accepted from the router only [D1]", async () => {
      const world = await loadFixture(receiverFixture);
      const { receiver, owner, broadcaster, thirdParty } = world;
      for (const caller of [owner, broadcaster, thirdParty]) {
        await expect(deliver({ ...world, router: caller }, stateAt(1n)))
          .to.be.revertedWithCustomError(receiver, "InvalidRouter")
          .withArgs(caller.address);
      }
      await expectState(world, UNSYNCED);
    });

    describe("is refused because of its source [D2, D3]", () => {
      type Source = { selector: bigint; sender: string };
      const home = (world: ReceiverWorld): string => abiEncodedAddress(world.broadcaster.address);
      const cases: [what: string, source: (world: ReceiverWorld) => Source][] = [
        [
          "the right sender on a wrong chain",
          (w) => ({ selector: OTHER_SELECTOR, sender: home(w) }),
        ],
        ["the right sender on no chain", (w) => ({ selector: 0n, sender: home(w) })],
        [
          "a wrong sender on the right chain",
          (w) => ({ selector: HOME_SELECTOR, sender: abiEncodedAddress(w.thirdParty.address) }),
        ],
        [
          "the zero address on the right chain",
          () => ({ selector: HOME_SELECTOR, sender: abiEncodedAddress(ZeroAddress) }),
        ],
        ["0 bytes of sender", () => ({ selector: HOME_SELECTOR, sender: "0x" })],
        [
          "20 bytes of sender",
          (w) => ({ selector: HOME_SELECTOR, sender: w.broadcaster.address.toLowerCase() }),
        ],
        ["31 bytes of sender", (w) => ({ selector: HOME_SELECTOR, sender: dataSlice(home(w), 1) })],
        [
          "33 bytes of sender",
          (w) => ({ selector: HOME_SELECTOR, sender: concat([home(w), "0x00"]) }),
        ],
        [
          "64 bytes of sender",
          (w) => ({ selector: HOME_SELECTOR, sender: concat([home(w), home(w)]) }),
        ],
        ...[160n, 200n, 255n].map((bit): [string, (world: ReceiverWorld) => Source] => [
          `the right sender with bit ${bit} set`,
          (w) => ({
            selector: HOME_SELECTOR,
            sender: toBeHex(BigInt(w.broadcaster.address) | (1n << bit), 32),
          }),
        ]),
      ];
      for (const [what, sourceIn] of cases) {
        it(what, async () => {
          const world = await loadFixture(receiverFixture);
          const source = sourceIn(world);
          await expect(deliver(world, stateAt(1n), source))
            .to.be.revertedWithCustomError(world.receiver, "UnexpectedSource")
            .withArgs(source.selector, source.sender);
          await expectState(world, UNSYNCED);
        });
      }

      for (const selector of [0n, HOME_SELECTOR]) {
        it(`any account on chain ${selector} before pairing`, async () => {
          const world = await loadFixture(unpairedReceiverFixture);
          for (const sender of [home(world), abiEncodedAddress(ZeroAddress)]) {
            await expect(deliver(world, stateAt(1n), { selector, sender }))
              .to.be.revertedWithCustomError(world.receiver, "UnexpectedSource")
              .withArgs(selector, sender);
          }
        });
      }
    });

    describe("is refused because of its payload [D8]", () => {
      const header = (version: bigint, dirt = 0n): string =>
        toBeHex((version << 248n) | (1n << 216n) | (1_000_000n << 160n) | dirt, 32);
      const body = (dirt = 0n): string =>
        toBeHex((dirt << 192n) | (GENESIS_INDEX << 96n) | GENESIS_INDEX, 32);
      const good = concat([header(1n), body()]);
      const dirty = (what: string, bit: bigint, payload: string): Case => ({
        what: `bit ${bit} of the ${what}`,
        payload,
        error: "InvalidBroadcastPadding",
        args: [BigInt(dataSlice(payload, 0, 32)), BigInt(dataSlice(payload, 32))],
      });
      interface Case {
        what: string;
        payload: string;
        error: string;
        args: unknown[];
      }
      const cases: Case[] = [
        ...[0, 1, 31, 32, 63].map((length) => ({
          what: `${length} bytes`,
          payload: dataSlice(good, 0, length),
          error: "InvalidBroadcastLength",
          args: [length],
        })),
        ...[1, 32].map((surplus) => ({
          what: `${64 + surplus} bytes`,
          payload: concat([good, `0x${"00".repeat(surplus)}`]),
          error: "InvalidBroadcastLength",
          args: [64 + surplus],
        })),
        ...[0n, 3n, 255n].map((version) => ({
          what: `version ${version}`,
          payload: concat([header(version), body()]),
          error: "UnsupportedBroadcastVersion",
          args: [version],
        })),
        ...[0n, 80n, 159n].map((bit) =>
          dirty("header", bit, concat([header(1n, 1n << bit), body()])),
        ),
        ...[192n, 255n].map((bit) =>
          dirty("body", bit, concat([header(1n), body(1n << (bit - 192n))])),
        ),
      ];

      for (const { what, payload, error, args } of cases) {
        it(what, async () => {
          const world = await loadFixture(receiverFixture);
          await expect(deliver(world, payload))
            .to.be.revertedWithCustomError(world.receiver, error)
            .withArgs(...args);
          await expectState(world, UNSYNCED);
        });
      }

      it("and accepted when the payload is valid", async () => {
        const world = await loadFixture(receiverFixture);
        await deliver(world, good);
        await expectState(world, {
          epoch: 1n,
          current: GENESIS_INDEX,
          next: GENESIS_INDEX,
          effectiveAt: 1_000_000n,
        });
      });

      for (const index of [0n, MIN_INDEX - 1n]) {
        it(`or dropped for an index of ${index}, which the token would not accept`, async () => {
          const world = await loadFixture(receiverFixture);
          await expect(deliver(world, { ...stateAt(1n), next: index }))
            .to.emit(world.receiver, "BroadcastDropped")
            .withArgs(1, stateAt(1n).effectiveAt, id("message"));
          await expectState(world, UNSYNCED);
        });
      }
    });

    it("can be delivered again after it failed [D2]", async () => {
      const world = await loadFixture(receiverFixture);
      const { token, receiver } = world;
      await token.revokeRole(ROLES.rebaser, receiver);
      await expect(deliver(world, stateAt(4n)))
        .to.be.revertedWithCustomError(token, "AccessControlUnauthorizedAccount")
        .withArgs(await receiver.getAddress(), ROLES.rebaser);

      await token.grantRole(ROLES.rebaser, receiver);
      await deliver(world, stateAt(4n));
      await expectState(world, stateAt(4n));
    });

    it("is accepted while the token is paused [E11]", async () => {
      const world = await loadFixture(receiverFixture);
      const { token, owner } = world;
      await token.grantRole(ROLES.guardian, owner);
      await token.pause();
      await deliver(world, stateAt(1n));
      await expectState(world, stateAt(1n));
    });
  });

  describe("an epoch", () => {
    const local = stateAt(5n);

    async function syncedFixture(): Promise<ReceiverWorld> {
      const world = await receiverFixture();
      await deliver(world, local);
      return world;
    }

    it("is the first one that a satellite receives", async () => {
      const world = await loadFixture(receiverFixture);
      const messageId = id("first");
      await expect(deliver(world, stateAt(3n), { messageId }))
        .to.emit(world.receiver, "BroadcastApplied")
        .withArgs(3, 0, messageId)
        .and.to.emit(world.token, "Rebased")
        .withArgs(3, stateAt(3n).current, stateAt(3n).next, stateAt(3n).effectiveAt, 0);
      await expectState(world, stateAt(3n));
    });

    for (const epoch of [6n, 7n, 100n, 1_005n]) {
      const lost = epoch - local.epoch - 1n;
      it(`${epoch} after 5 is applied whole; the event reports ${lost} skipped [D7]`, async () => {
        const world = await loadFixture(syncedFixture);
        const messageId = id("newer");
        await expect(deliver(world, { ...stateAt(7n), epoch }, { messageId }))
          .to.emit(world.receiver, "BroadcastApplied")
          .withArgs(epoch, 5, messageId);
        await expectState(world, { ...stateAt(7n), epoch });
      });
    }

    for (const epoch of [0n, 1n, 4n]) {
      it(`${epoch} after 5 is ignored [D5, I21]`, async () => {
        const world = await loadFixture(syncedFixture);
        const messageId = id("older");
        const delivery = deliver(world, stateAt(epoch), { messageId });
        await expect(delivery)
          .to.emit(world.receiver, "BroadcastIgnored")
          .withArgs(epoch, 5, messageId);
        await expectEvents(world, await delivery, ["BroadcastIgnored"]);
        await expectState(world, local);
      });
    }

    it("5 after 5 is ignored when it carries the same state [D4, I21]", async () => {
      const world = await loadFixture(syncedFixture);
      const messageId = id("same");
      const delivery = deliver(world, local, { messageId });
      await expect(delivery).to.emit(world.receiver, "BroadcastIgnored").withArgs(5, 5, messageId);
      await expectEvents(world, await delivery, ["BroadcastIgnored"]);
      await expectState(world, local);
    });

    for (const value of ["current", "next", "effectiveAt"] as const) {
      it(`5 after 5 is a conflict when it carries another ${value}, and changes nothing [D6, I21]`, async () => {
        const world = await loadFixture(syncedFixture);
        const messageId = id("conflict");
        const delivery = deliver(world, { ...local, [value]: local[value] + 1n }, { messageId });
        await expect(delivery)
          .to.emit(world.receiver, "BroadcastConflicted")
          .withArgs(5, messageId);
        await expectEvents(world, await delivery, ["BroadcastConflicted"]);
        await expectState(world, local);
      });
    }
  });

  describe("whatever the order, the newest message wins", () => {
    for (const count of [1, 2, 3, 4]) {
      const orders = permutations(Array.from({ length: count }, (_, i) => BigInt(i + 1)));
      it(`for all ${orders.length} orders of ${count} messages, each of them repeated [I20]`, async () => {
        for (const order of orders) {
          await expectConvergence([...order, ...order]);
        }
      });
    }

    it("for any order of 5 messages, of which some are lost and some come twice [I20]", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.bigInt(1n, 5n), { minLength: 1, maxLength: 8 }),
          expectConvergence,
        ),
        propertyRuns(40),
      );
    });

    async function expectConvergence(order: bigint[]): Promise<void> {
      const world = await loadFixture(receiverFixture);
      let newest = 0n;
      for (const epoch of order) {
        const delivery = await deliver(world, stateAt(epoch));
        if (epoch > newest) {
          await expect(delivery)
            .to.emit(world.receiver, "BroadcastApplied")
            .withArgs(epoch, newest, id("message"));
          newest = epoch;
        } else {
          await expectEvents(world, delivery, ["BroadcastIgnored"]);
        }
        await expectState(world, stateAt(newest));
      }
    }
  });

  describe("permissions", () => {
    type Actor = "owner" | "next owner" | "router" | "thirdParty";
    type World = ReceiverWorld & RolesWorld<Actor>;

    async function rolesFixture(): Promise<World> {
      const world = await receiverFixture();
      const { receiver, owner, broadcaster, router, thirdParty } = world;
      await receiver.transferOwnership(broadcaster);
      await receiver.setRouter(await newRouter(owner));
      return {
        ...world,
        contract: receiver,
        actors: { owner, "next owner": broadcaster, router, thirdParty },
      };
    }

    const notOwner = (caller: string): readonly [string, string] => [
      "OwnableUnauthorizedAccount",
      caller,
    ];
    const byOwner = { allowed: ["owner" as const], refusal: notOwner };

    shouldAllowExactly<Actor, World>(RebaseReceiver__factory.createInterface(), rolesFixture, {
      ccipReceive: {
        allowed: ["router"],
        args: (_, { broadcaster }) => [
          {
            messageId: id("message"),
            sourceChainSelector: HOME_SELECTOR,
            sender: abiEncodedAddress(broadcaster.address),
            data: encoded(stateAt(1n)),
            destTokenAmounts: [],
          },
        ],
        refusal: (caller) => ["InvalidRouter", caller],
      },
      setSource: { ...byOwner, args: (caller) => [OTHER_SELECTOR, caller] },
      setRouter: { ...byOwner, args: (_, { router }) => [router] },
      dropPreviousRouter: byOwner,
      setBand: { ...byOwner, args: () => [NO_BAND] },
      setNotifier: { ...byOwner, args: () => [ZeroAddress] },
      // Nothing is held back here: those who may are told so.
      accept: { allowed: [], args: () => NOTHING, refusal: () => ["NotQuarantined", ...NOTHING] },
      reject: { allowed: [], args: () => NOTHING, refusal: () => ["NotQuarantined", ...NOTHING] },
      transferOwnership: { ...byOwner, args: (caller) => [caller] },
      renounceOwnership: byOwner,
      acceptOwnership: { allowed: ["next owner"], refusal: notOwner },
    });

    it("changes hands when the next owner accepts", async () => {
      const { receiver, owner, broadcaster } = await loadFixture(rolesFixture);
      expect(await receiver.owner()).to.equal(owner.address);
      expect(await receiver.pendingOwner()).to.equal(broadcaster.address);
      await receiver.connect(broadcaster).acceptOwnership();
      expect(await receiver.owner()).to.equal(broadcaster.address);
      await expect(receiver.connect(owner).setSource(OTHER_SELECTOR, owner))
        .to.be.revertedWithCustomError(receiver, "OwnableUnauthorizedAccount")
        .withArgs(owner.address);
    });
  });
});

/** A state as the broadcaster encodes it, spelled out apart from the library under test. */
function encoded({ epoch, current, next, effectiveAt }: State): string {
  return concat([
    toBeHex((1n << 248n) | (epoch << 216n) | (effectiveAt << 160n), 32),
    toBeHex((current << 96n) | next, 32),
  ]);
}

/** Delivers a message to the receiver as CCIP's router does, from the paired source by default. */
function deliver(
  { receiver, router, broadcaster }: ReceiverWorld,
  state: State | string,
  source: { selector?: bigint; sender?: string; messageId?: string } = {},
): Promise<ContractTransactionResponse> {
  return receiver.connect(router).ccipReceive({
    messageId: source.messageId ?? id("message"),
    sourceChainSelector: source.selector ?? HOME_SELECTOR,
    sender: source.sender ?? zeroPadValue(broadcaster.address, 32),
    data: typeof state === "string" ? state : encoded(state),
    destTokenAmounts: [],
  });
}

async function expectState({ token }: ReceiverWorld, state: State): Promise<void> {
  expect(await token.indexState()).to.deep.equal([
    state.epoch,
    state.current,
    state.next,
    state.effectiveAt,
  ]);
}

/** The current router and the previous one. */
function routersOf(receiver: RebaseReceiver): Promise<[string, string]> {
  return Promise.all([receiver.getRouter(), receiver.getPreviousRouter()]);
}

/** Expects exactly these events, all from the receiver. */
async function expectEvents(
  { receiver }: ReceiverWorld,
  delivery: ContractTransactionResponse,
  names: string[],
): Promise<void> {
  const receipt = await delivery.wait();
  expect(receipt?.logs.map((log) => receiver.interface.parseLog(log)?.name)).to.deep.equal(names);
}

function permutations<T>(items: T[]): T[][] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, i) =>
    permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  );
}
