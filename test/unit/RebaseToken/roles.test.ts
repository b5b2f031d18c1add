import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { FunctionFragment, MaxUint256, ZeroAddress, ZeroHash } from "ethers";
import { ethers } from "hardhat";

import { RebaseTokenNext__factory, RebaseToken__factory } from "../../../typechain-types";
import type { RebaseToken } from "../../../typechain-types";
import { ADMIN_DELAY_SECONDS, deployRebaseToken } from "../../shared/deployRebaseToken";
import { loadFixture } from "../../shared/fixture";
import { GENESIS_INDEX, GROWN_INDEX, MAX_EFFECTIVE_AT } from "../../shared/indexes";
import { signPermit } from "../../shared/permit";
import type { PermitSignature } from "../../shared/permit";
import { adminRulesRows, missingRole, shouldAllowExactly } from "../../shared/rolesTable";
import type { FunctionRow, RolesWorld } from "../../shared/rolesTable";
import {
  ROLES,
  genesisFixture,
  homeFixture,
  satelliteFixture,
  sendAbroad,
  unsyncedFixture,
} from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

const EVERYONE = [
  "admin",
  "nextAdmin",
  "issuer",
  "rebaser",
  "bridge",
  "guardian",
  "unpauser",
  "thirdParty",
] as const;
type Actor = (typeof EVERYONE)[number];

interface TableWorld extends RolesWorld<Actor> {
  readonly contract: RebaseToken;
  readonly actors: Readonly<Record<Actor, HardhatEthersSigner>>;
  /** The account whose units the calls move. */
  readonly holder: HardhatEthersSigner;
  readonly receiver: string;
  /** A newer implementation. */
  readonly implementation: string;
  readonly permit: PermitSignature;
}

type Row = FunctionRow<Actor, TableWorld>;
type Rows = Record<string, Row>;

const SOMEONE = "0x000000000000000000000000000000000000dEaD";

/** Every actor has units and an allowance, and a hand-over of the admin is due. */
async function tableWorld(world: TokenWorld): Promise<TableWorld> {
  const { token, alice, bob, carol } = world;
  const { admin, issuer, rebaser, bridge, guardian, unpauser } = world;
  const actors = { admin, nextAdmin: bob, issuer, rebaser, bridge, guardian, unpauser };
  const everyone = { ...actors, thirdParty: carol };
  for (const actor of Object.values(everyone)) {
    await token.connect(alice).transfer(actor, 10n);
    await token.connect(alice).approve(actor, 10n);
  }
  await token.beginDefaultAdminTransfer(everyone.nextAdmin);
  await time.increase(ADMIN_DELAY_SECONDS + 1n);
  const next = await new RebaseTokenNext__factory(admin).deploy();
  return {
    contract: token,
    actors: everyone,
    holder: alice,
    receiver: SOMEONE,
    implementation: await next.getAddress(),
    permit: await signPermit(token, alice, { spender: SOMEONE, value: 5n, deadline: MaxUint256 }),
  };
}

async function homeTableFixture(): Promise<TableWorld> {
  const world = await homeFixture();
  await sendAbroad(world, world.alice, 10n);
  return tableWorld(world);
}

async function satelliteTableFixture(): Promise<TableWorld> {
  return tableWorld(await satelliteFixture());
}

/** Properties that are the same on every chain. */
const COMMON_ROWS: Rows = {
  ...adminRulesRows<Actor, TableWorld>({
    admin: "admin",
    nextAdmin: "nextAdmin",
    everyone: EVERYONE,
    role: ROLES.bridge,
    account: SOMEONE,
  }),
  initialize: {
    allowed: [],
    args: (caller) => ["Rebase Token", "RBT", true, caller, 0],
    refusal: () => ["InvalidInitialization"],
  },
  upgradeToAndCall: {
    allowed: ["admin"],
    args: (_caller, { implementation }) => [implementation, "0x"],
    refusal: missingRole(ZeroHash),
  },
  recoverShares: {
    allowed: ["admin"],
    args: (_caller, { actors, receiver }) => [actors.bridge.address, receiver, 1],
    refusal: missingRole(ZeroHash),
  },

  transfer: { allowed: EVERYONE, args: (_caller, { receiver }) => [receiver, 1] },
  transferShares: { allowed: EVERYONE, args: (_caller, { receiver }) => [receiver, 1] },
  transferFrom: {
    allowed: EVERYONE,
    args: (_caller, { holder, receiver }) => [holder.address, receiver, 1],
  },
  transferSharesFrom: {
    allowed: EVERYONE,
    args: (_caller, { holder, receiver }) => [holder.address, receiver, 1],
  },
  approve: { allowed: EVERYONE, args: (_caller, { receiver }) => [receiver, 1] },
  permit: {
    allowed: EVERYONE,
    args: (_caller, { holder, permit: { spender, value, deadline, v, r, s } }) => [
      holder.address,
      spender,
      value,
      deadline,
      v,
      r,
      s,
    ],
  },

  bridgeMint: {
    allowed: ["bridge"],
    args: (_caller, { receiver }) => [receiver, 1],
    refusal: missingRole(ROLES.bridge),
  },
  bridgeBurn: { allowed: ["bridge"], args: () => [1], refusal: missingRole(ROLES.bridge) },

  pause: { allowed: ["guardian"], refusal: missingRole(ROLES.guardian) },
  unpause: {
    allowed: ["unpauser"],
    given: ({ contract, actors }) => contract.connect(actors.guardian).pause(),
    refusal: missingRole(ROLES.unpauser),
  },
};

/** Refuses for want of the role, and those who have it for being on the wrong chain. */
function wrongChain(holder: Actor, role: string, error: "NotHome" | "NotSatellite"): Row {
  return {
    allowed: [],
    refusal: (caller, { actors }) =>
      caller === actors[holder].address ? [error] : missingRole(role)(caller),
  };
}

const ISSUE_ARGS: Record<"mint" | "burn", Row["args"]> = {
  mint: (_caller, { receiver }) => [receiver, 1],
  burn: (_caller, { holder }) => [holder.address, 1],
};
const REBASE_ARGS: Row["args"] = () => [2, GROWN_INDEX, MAX_EFFECTIVE_AT];
const SYNC_ARGS: Row["args"] = () => [100, GENESIS_INDEX, GROWN_INDEX, MAX_EFFECTIVE_AT];

const HOME_ROWS: Rows = {
  ...COMMON_ROWS,
  mint: { allowed: ["issuer"], args: ISSUE_ARGS.mint, refusal: missingRole(ROLES.issuer) },
  burn: { allowed: ["issuer"], args: ISSUE_ARGS.burn, refusal: missingRole(ROLES.issuer) },
  rebase: { allowed: ["rebaser"], args: REBASE_ARGS, refusal: missingRole(ROLES.rebaser) },
  sync: { args: SYNC_ARGS, ...wrongChain("rebaser", ROLES.rebaser, "NotSatellite") },
  resync: { args: SYNC_ARGS, ...wrongChain("admin", ZeroHash, "NotSatellite") },
};

const SATELLITE_ROWS: Rows = {
  ...COMMON_ROWS,
  mint: { args: ISSUE_ARGS.mint, ...wrongChain("issuer", ROLES.issuer, "NotHome") },
  burn: { args: ISSUE_ARGS.burn, ...wrongChain("issuer", ROLES.issuer, "NotHome") },
  rebase: { args: REBASE_ARGS, ...wrongChain("rebaser", ROLES.rebaser, "NotHome") },
  sync: { allowed: ["rebaser"], args: SYNC_ARGS, refusal: missingRole(ROLES.rebaser) },
  resync: { allowed: ["admin"], args: SYNC_ARGS, refusal: missingRole(ZeroHash) },
};

describe("RebaseToken: roles", () => {
  const abi = RebaseToken__factory.createInterface();

  describe("permissions at home", () => {
    shouldAllowExactly<Actor, TableWorld>(abi, homeTableFixture, HOME_ROWS);
  });

  describe("permissions on a satellite", () => {
    shouldAllowExactly<Actor, TableWorld>(abi, satelliteTableFixture, SATELLITE_ROWS);
  });

  describe("the role graph", () => {
    for (const [where, isHome] of [
      ["home", true],
      ["a satellite", false],
    ] as const) {
      it(`of ${where} begins with the default admin alone`, async () => {
        const [deployer, , admin] = await ethers.getSigners();
        if (!deployer || !admin) throw new Error("the network has too few accounts");
        const token = await deployRebaseToken(admin, { isHome });
        expect(await grantsOf(token)).to.deep.equal([[ZeroHash, admin.address]]);
        expect(await token.owner()).to.equal(admin.address);
        expect(await token.defaultAdminDelay()).to.equal(ADMIN_DELAY_SECONDS);
      });
    }

    it("gives every role the same admin, the default admin, for ever [G8]", async () => {
      const { token } = await loadFixture(homeFixture);
      for (const role of [ZeroHash, ...Object.values(ROLES)]) {
        expect(await token.getRoleAdmin(role)).to.equal(ZeroHash);
      }
      expect(await token.queryFilter(token.filters.RoleAdminChanged())).to.deep.equal([]);
    });

    it("has the roles that the contract names, each the hash of its name", async () => {
      const { token } = await loadFixture(genesisFixture);
      const named = abi.fragments.flatMap((fragment) =>
        fragment instanceof FunctionFragment && fragment.name.endsWith("_ROLE")
          ? [fragment.name]
          : [],
      );
      const entries = named.map(async (name): Promise<[string, unknown]> => [
        name,
        await token.getFunction(name)(),
      ]);
      expect(Object.fromEntries(await Promise.all(entries))).to.deep.equal({
        DEFAULT_ADMIN_ROLE: ZeroHash,
        ISSUER_ROLE: ROLES.issuer,
        REBASER_ROLE: ROLES.rebaser,
        BRIDGE_ROLE: ROLES.bridge,
        GUARDIAN_ROLE: ROLES.guardian,
        UNPAUSER_ROLE: ROLES.unpauser,
      });
    });

    it("does not let an account renounce for another", async () => {
      const { token, admin, issuer } = await loadFixture(homeFixture);
      await expect(
        token.connect(admin).renounceRole(ROLES.issuer, issuer),
      ).to.be.revertedWithCustomError(token, "AccessControlBadConfirmation");
    });

    it("grants nothing irrevocably: a revoked role is gone", async () => {
      const { token, admin, issuer, alice } = await loadFixture(homeFixture);
      await token.connect(admin).revokeRole(ROLES.issuer, issuer);
      await expect(token.connect(issuer).mint(alice, 1n))
        .to.be.revertedWithCustomError(token, "AccessControlUnauthorizedAccount")
        .withArgs(issuer.address, ROLES.issuer);
    });
  });

  describe("handing over the default admin", () => {
    it("takes two steps and the delay [G7]", async () => {
      const { token, admin, alice } = await loadFixture(homeFixture);
      await token.connect(admin).beginDefaultAdminTransfer(alice);
      const { schedule } = await token.pendingDefaultAdmin();
      expect(schedule).to.equal(BigInt(await time.latest()) + ADMIN_DELAY_SECONDS);
      expect(await token.defaultAdmin()).to.equal(admin.address);

      await time.setNextBlockTimestamp(schedule);
      await expect(token.connect(alice).acceptDefaultAdminTransfer())
        .to.be.revertedWithCustomError(token, "AccessControlEnforcedDefaultAdminDelay")
        .withArgs(schedule);

      await time.setNextBlockTimestamp(schedule + 1n);
      await token.connect(alice).acceptDefaultAdminTransfer();
      expect(await token.defaultAdmin()).to.equal(alice.address);
      expect(await token.owner()).to.equal(alice.address);
      expect(await token.getCCIPAdmin()).to.equal(alice.address);
      expect(await token.hasRole(ZeroHash, admin)).to.equal(false);
    });

    it("can be cancelled while it waits", async () => {
      const { token, admin, alice } = await loadFixture(homeFixture);
      await token.connect(admin).beginDefaultAdminTransfer(alice);
      await token.connect(admin).cancelDefaultAdminTransfer();
      await time.increase(ADMIN_DELAY_SECONDS + 1n);
      await expect(token.connect(alice).acceptDefaultAdminTransfer())
        .to.be.revertedWithCustomError(token, "AccessControlInvalidDefaultAdmin")
        .withArgs(alice.address);
    });

    it("cannot be done by granting or revoking its role [G7]", async () => {
      const { token, admin, alice } = await loadFixture(homeFixture);
      for (const change of [token.connect(admin).grantRole, token.connect(admin).revokeRole]) {
        await expect(change(ZeroHash, alice)).to.be.revertedWithCustomError(
          token,
          "AccessControlEnforcedDefaultAdminRules",
        );
      }
    });

    it("cannot be given up in one step [G7]", async () => {
      const { token, admin } = await loadFixture(homeFixture);
      await expect(token.connect(admin).renounceRole(ZeroHash, admin))
        .to.be.revertedWithCustomError(token, "AccessControlEnforcedDefaultAdminDelay")
        .withArgs(0n);
      await token.connect(admin).beginDefaultAdminTransfer(ZeroAddress);
      await expect(
        token.connect(admin).renounceRole(ZeroHash, admin),
      ).to.be.revertedWithCustomError(token, "AccessControlEnforcedDefaultAdminDelay");
      expect(await token.defaultAdmin()).to.equal(admin.address);
    });
  });

  describe("interfaces", () => {
    it("answers ERC-165 for access control and the rules of its admin", async () => {
      const { token } = await loadFixture(unsyncedFixture);
      for (const [interfaceId, supported] of [
        ["0x01ffc9a7", true],
        ["0x7965db0b", true],
        ["0x31498786", true],
        ["0xffffffff", false],
      ] as const) {
        expect(await token.supportsInterface(interfaceId)).to.equal(supported);
      }
    });
  });
});

/** Every grant in the token's events, as role and account. */
async function grantsOf(token: RebaseToken): Promise<string[][]> {
  const granted = await token.queryFilter(token.filters.RoleGranted());
  return granted.map(({ args }) => [args.role, args.account]);
}
