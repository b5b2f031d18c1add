import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress, ZeroHash } from "ethers";

import {
  ERC1967Proxy__factory,
  LibraryHarness__factory,
  RebaseTokenNext__factory,
  RebaseToken__factory,
} from "../../../typechain-types";
import type { RebaseTokenNext } from "../../../typechain-types";
import { shouldBehaveLikeERC1967 } from "../../shared/behaviours/erc1967";
import { loadFixture } from "../../shared/fixture";
import { GENESIS_INDEX, GROWN_INDEX, ODD_INDEX } from "../../shared/indexes";
import { bitsOf, erc7201Slot, implementationOf, mappingSlot, wordAt } from "../../shared/storage";
import {
  ALICE_SHARES,
  BOB_SHARES,
  ROLES,
  genesisFixture,
  holdingsOf,
  homeFixture,
  satelliteFixture,
  scheduleIndex,
  sendAbroad,
  unsyncedFixture,
} from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

const NAMESPACE = erc7201Slot("ccip-rebase-token.RebaseToken");

describe("RebaseToken: initialising", () => {
  const abi = RebaseToken__factory.createInterface();

  it("is done once for a proxy [I36]", async () => {
    const { token, admin, carol } = await loadFixture(homeFixture);
    for (const caller of [admin, carol]) {
      await expect(
        token.connect(caller).initialize("Mine", "MINE", true, caller, 0),
      ).to.be.revertedWithCustomError(token, "InvalidInitialization");
    }
  });

  it("is never possible for the implementation, which has no admin [G1, I36]", async () => {
    const { token, admin } = await loadFixture(homeFixture);
    const implementation = RebaseToken__factory.connect(await implementationOf(token), admin);
    await expect(
      implementation.initialize("Mine", "MINE", true, admin, 0),
    ).to.be.revertedWithCustomError(implementation, "InvalidInitialization");
    expect(await implementation.defaultAdmin()).to.equal(ZeroAddress);
    expect(await implementation.sharesPerToken()).to.equal(0n);
  });

  it("happens as the proxy is created, and fails with it: no front-running is possible [G2]", async () => {
    const { token, admin } = await loadFixture(homeFixture);
    const factory = new ERC1967Proxy__factory(admin);
    await expect(factory.deploy(await implementationOf(token), "0x")).to.be.revertedWithCustomError(
      factory,
      "ERC1967ProxyUninitialized",
    );
  });

  it("needs an admin", async () => {
    const { token, admin } = await loadFixture(homeFixture);
    await expect(
      new ERC1967Proxy__factory(admin).deploy(
        await implementationOf(token),
        abi.encodeFunctionData("initialize", ["Rebase Token", "RBT", true, ZeroAddress, 0]),
      ),
    )
      .to.be.revertedWithCustomError(token, "AccessControlInvalidDefaultAdmin")
      .withArgs(ZeroAddress);
  });

  it("takes name, symbol, admin and delay from its arguments", async () => {
    const { token, admin, carol } = await loadFixture(homeFixture);
    const proxy = await new ERC1967Proxy__factory(admin).deploy(
      await implementationOf(token),
      abi.encodeFunctionData("initialize", ["Another Token", "ANO", false, carol.address, 12_345]),
    );
    const another = RebaseToken__factory.connect(await proxy.getAddress(), admin);
    expect(await another.name()).to.equal("Another Token");
    expect((await another.eip712Domain()).name).to.equal("Another Token");
    expect(await another.symbol()).to.equal("ANO");
    expect(await another.isHome()).to.equal(false);
    expect(await another.defaultAdmin()).to.equal(carol.address);
    expect(await another.getCCIPAdmin()).to.equal(carol.address);
    expect(await another.defaultAdminDelay()).to.equal(12_345n);
    expect(await another.hasRole(ZeroHash, admin)).to.equal(false);
  });
});

describe("RebaseToken: upgrading", () => {
  it("is for the default admin alone, whatever other roles an account has [G3]", async () => {
    const { token, admin, carol } = await loadFixture(homeFixture);
    for (const role of Object.values(ROLES)) await token.grantRole(role, carol);
    const next = await new RebaseTokenNext__factory(admin).deploy();
    await expect(token.connect(carol).upgradeToAndCall(next, "0x"))
      .to.be.revertedWithCustomError(token, "AccessControlUnauthorizedAccount")
      .withArgs(carol.address, ZeroHash);
    await expect(token.connect(admin).upgradeToAndCall(next, "0x"))
      .to.emit(token, "Upgraded")
      .withArgs(await next.getAddress());
    expect(await implementationOf(token)).to.equal(await next.getAddress());
  });

  it("goes through the proxy, never to the implementation itself", async () => {
    const { token, admin } = await loadFixture(homeFixture);
    const implementation = RebaseToken__factory.connect(await implementationOf(token), admin);
    const next = await new RebaseTokenNext__factory(admin).deploy();
    await expect(implementation.upgradeToAndCall(next, "0x")).to.be.revertedWithCustomError(
      implementation,
      "UUPSUnauthorizedCallContext",
    );
    await expect(token.proxiableUUID()).to.be.revertedWithCustomError(
      token,
      "UUPSUnauthorizedCallContext",
    );
  });

  describe("refuses what would disable the token [G4]", () => {
    it("an account without code", async () => {
      const { token, carol } = await loadFixture(homeFixture);
      await expect(token.upgradeToAndCall(carol, "0x")).to.be.revertedWithoutReason();
    });

    it("a contract that is not UUPS", async () => {
      const { token, admin } = await loadFixture(homeFixture);
      const harness = await new LibraryHarness__factory(admin).deploy();
      await expect(token.upgradeToAndCall(harness, "0x"))
        .to.be.revertedWithCustomError(token, "ERC1967InvalidImplementation")
        .withArgs(await harness.getAddress());
    });

    it("another proxy", async () => {
      const { token, admin } = await loadFixture(homeFixture);
      const init = token.interface.encodeFunctionData("initialize", [
        "",
        "",
        true,
        admin.address,
        0,
      ]);
      const proxy = await new ERC1967Proxy__factory(admin).deploy(
        await implementationOf(token),
        init,
      );
      await expect(token.upgradeToAndCall(proxy, "0x"))
        .to.be.revertedWithCustomError(token, "ERC1967InvalidImplementation")
        .withArgs(await proxy.getAddress());
    });

    it("a contract that keeps its implementation in another slot", async () => {
      const { token } = await loadFixture(homeFixture);
      const elsewhere = "0x00000000000000000000000000000000e15e3e4e";
      // PUSH1 1, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN: whatever is asked, the answer is 1.
      await setCode(elsewhere, "0x60015f5260205ff3");
      await expect(token.upgradeToAndCall(elsewhere, "0x"))
        .to.be.revertedWithCustomError(token, "UUPSUnsupportedProxiableUUID")
        .withArgs("0x0000000000000000000000000000000000000000000000000000000000000001");
    });

    it("a migration that fails", async () => {
      const { token, admin } = await loadFixture(homeFixture);
      const before = await implementationOf(token);
      const next = await new RebaseTokenNext__factory(admin).deploy();
      const migration = next.interface.encodeFunctionData("initialize", [
        "",
        "",
        true,
        ZeroAddress,
        0,
      ]);
      await expect(token.upgradeToAndCall(next, migration)).to.be.revertedWithCustomError(
        token,
        "InvalidInitialization",
      );
      await expect(token.upgradeToAndCall(next, "0x", { value: 1n })).to.be.revertedWithCustomError(
        token,
        "ERC1967NonPayable",
      );
      expect(await implementationOf(token)).to.equal(before);
    });
  });

  for (const [where, fixture] of [
    ["home", busyHomeFixture],
    ["a satellite", busySatelliteFixture],
    ["an unsynced satellite", unsyncedFixture],
  ] as const) {
    it(`preserves the whole state of ${where}, there and back [I35]`, async () => {
      const world = await loadFixture(fixture);
      const { token, admin } = world;
      const before = await stateOf(world);
      const first = await implementationOf(token);

      const upgraded = await upgradeToNext(world, 42n);
      expect(await upgraded.answer()).to.equal(42n);
      expect(await stateOf(world)).to.deep.equal(before);

      await token.connect(admin).upgradeToAndCall(first, "0x");
      expect(await stateOf(world)).to.deep.equal(before);
      await expect(upgraded.answer()).to.be.revertedWithoutReason();
    });
  }

  it("leaves the token working: the new version transfers, mints and rebases", async () => {
    const world = await loadFixture(homeFixture);
    const { token, issuer, alice, bob } = world;
    const upgraded = await upgradeToNext(world, 42n);
    await expect(upgraded.connect(alice).transfer(bob, 7n)).to.changeTokenBalances(
      token,
      [alice, bob],
      [-7n, 7n],
    );
    await upgraded.connect(issuer).mint(bob, 1n);
    await scheduleIndex(world, GROWN_INDEX);
    expect(await token.epoch()).to.equal(2n);
    expect(await upgraded.answer()).to.equal(42n);
  });

  it("runs a version's initialiser once, and never the first one again [G6, I36]", async () => {
    const world = await loadFixture(homeFixture);
    const { admin } = world;
    const upgraded = await upgradeToNext(world, 42n);
    await expect(upgraded.connect(admin).initializeNext(43n)).to.be.revertedWithCustomError(
      upgraded,
      "InvalidInitialization",
    );
    await expect(
      upgraded.connect(admin).initialize("Mine", "MINE", false, admin, 0),
    ).to.be.revertedWithCustomError(upgraded, "InvalidInitialization");
    expect(await upgraded.answer()).to.equal(42n);
  });

  it("counts versions upwards [I36]", async () => {
    const world = await loadFixture(homeFixture);
    const { token } = world;
    await upgradeToNext(world, 42n);
    const versions = await token.queryFilter(token.filters.Initialized());
    expect(versions.map(({ args }) => args.version)).to.deep.equal([1n, 2n]);
  });

  it("locks the new implementation as well [G1]", async () => {
    const { admin } = await loadFixture(homeFixture);
    const next = await new RebaseTokenNext__factory(admin).deploy();
    await expect(next.initializeNext(1n)).to.be.revertedWithCustomError(
      next,
      "InvalidInitialization",
    );
  });
});

for (const [where, fixture] of [
  ["home", homeFixture],
  ["a satellite", satelliteFixture],
] as const) {
  describe(`RebaseToken: ERC-1967, ${where}`, () => {
    shouldBehaveLikeERC1967(async function proxyFixture() {
      const { token, admin } = await fixture();
      const next = await new RebaseTokenNext__factory(admin).deploy();
      return {
        proxy: await token.getAddress(),
        upgrader: admin,
        next: await next.getAddress(),
      };
    });
  });
}

describe("RebaseToken: storage", () => {
  it("begins at the slot of its ERC-7201 namespace", async () => {
    expect(NAMESPACE).to.equal(0xc51fda6d373fd8e8b11a27891a443e48eeab55a040bcd7f4f33f908bfbbd2000n);
    const { token } = await loadFixture(genesisFixture);
    expect(await wordAt(token, NAMESPACE)).not.to.equal(0n);
  });

  it("packs current, next, effectiveAt and paused into the first slot [A8]", async () => {
    const { token, rebaser, guardian } = await loadFixture(satelliteFixture);
    await token.connect(rebaser).sync(8, ODD_INDEX, GROWN_INDEX, 0xabcdef_01234567n);
    const word = await wordAt(token, NAMESPACE);
    expect(bitsOf(word, 0n, 96n)).to.equal(ODD_INDEX);
    expect(bitsOf(word, 96n, 96n)).to.equal(GROWN_INDEX);
    expect(bitsOf(word, 192n, 56n)).to.equal(0xabcdef_01234567n);
    expect(bitsOf(word, 248n, 8n)).to.equal(0n);
    await token.connect(guardian).pause();
    expect(await wordAt(token, NAMESPACE)).to.equal(word | (1n << 248n));
  });

  it("packs totalShares, epoch and isHome into the second slot", async () => {
    const { token, rebaser } = await loadFixture(satelliteFixture);
    await token.connect(rebaser).sync(0xfedcba98, ODD_INDEX, ODD_INDEX, 0);
    const word = await wordAt(token, NAMESPACE + 1n);
    expect(bitsOf(word, 0n, 208n)).to.equal(ALICE_SHARES + BOB_SHARES);
    expect(bitsOf(word, 208n, 32n)).to.equal(0xfedcba98n);
    expect(bitsOf(word, 240n, 16n)).to.equal(0n);
    const home = await loadFixture(homeFixture);
    expect(await wordAt(home.token, NAMESPACE + 1n)).to.equal(
      (1n << 240n) | (1n << 208n) | (await home.token.totalShares()),
    );
  });

  it("keeps issuedShares in the third slot and shares by account from the fourth on", async () => {
    const world = await loadFixture(homeFixture);
    const { token, alice, bob } = world;
    await sendAbroad(world, alice, 5n);
    expect(await wordAt(token, NAMESPACE + 2n)).to.equal(1_500n * 10n ** 18n * GENESIS_INDEX);
    expect(await wordAt(token, NAMESPACE + 3n)).to.equal(0n);
    for (const holder of [alice, bob]) {
      expect(await wordAt(token, mappingSlot(holder.address, NAMESPACE + 3n))).to.equal(
        await token.sharesOf(holder),
      );
    }
    expect(await wordAt(token, NAMESPACE + 4n)).to.equal(0n);
  });

  it("keeps the second slot non-zero after the first sync, before anything arrives", async () => {
    const { token, rebaser } = await loadFixture(unsyncedFixture);
    expect(await wordAt(token, NAMESPACE + 1n)).to.equal(0n);
    await token.connect(rebaser).sync(1, ODD_INDEX, ODD_INDEX, 0);
    expect(await wordAt(token, NAMESPACE + 1n)).to.equal(1n << 208n);
  });

  it("does not use the first slots of the proxy", async () => {
    const { token } = await loadFixture(busyHomeFixture);
    for (let slot = 0n; slot < 8n; slot++) expect(await wordAt(token, slot)).to.equal(0n);
  });
});

/** Home with every part of its state in use. */
async function busyHomeFixture(): Promise<TokenWorld> {
  const world = await homeFixture();
  await sendAbroad(world, world.alice, 77n);
  await makeBusy(world);
  return world;
}

/** A satellite with every part of its state in use. */
async function busySatelliteFixture(): Promise<TokenWorld> {
  const world = await satelliteFixture();
  await makeBusy(world);
  return world;
}

async function makeBusy(world: TokenWorld): Promise<void> {
  const { token, guardian, alice, bob, carol } = world;
  await token.connect(alice).approve(bob, 123n);
  await token.connect(alice).approve(carol, MaxUint256);
  await token.connect(bob).transferShares(carol, 5n);
  await scheduleIndex(world, GROWN_INDEX, 1_000_000);
  await token.beginDefaultAdminTransfer(carol);
  await token.connect(guardian).pause();
}

/** Everything that the token can be asked. */
async function stateOf(world: TokenWorld): Promise<unknown> {
  const { token, admin, alice, bob, carol, bridge } = world;
  const people = [admin, alice, bob, carol, bridge];
  const isHome = await token.isHome();
  return {
    isHome,
    holdings: await holdingsOf(token, people),
    index: await token.indexState(),
    pending: await token.pendingRebase(),
    paused: await token.paused(),
    issued: isHome ? [await token.issuedShares(), await token.globalSupply()] : [],
    metadata: [await token.name(), await token.symbol(), await token.decimals()],
    domain: await token.DOMAIN_SEPARATOR(),
    nonces: await Promise.all(people.map((owner) => token.nonces(owner))),
    allowances: await Promise.all([token.allowance(alice, bob), token.allowance(alice, carol)]),
    admin: [
      await token.defaultAdmin(),
      await token.defaultAdminDelay(),
      await token.pendingDefaultAdmin(),
    ],
    roles: await Promise.all(
      Object.entries(ROLES).map(async ([holder, role]) => [
        holder,
        await token.hasRole(role, world[holder as keyof typeof ROLES]),
      ]),
    ),
  };
}

/** Upgrades and runs the new version's initialiser in one transaction. */
async function upgradeToNext(
  { token, admin }: TokenWorld,
  answer: bigint,
): Promise<RebaseTokenNext> {
  const next = await new RebaseTokenNext__factory(admin).deploy();
  const migration = next.interface.encodeFunctionData("initializeNext", [answer]);
  await token.connect(admin).upgradeToAndCall(next, migration);
  return RebaseTokenNext__factory.connect(await token.getAddress(), admin);
}
