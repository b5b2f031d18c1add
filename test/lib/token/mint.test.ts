import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { parseEther } from "ethers";

import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { localAccount } from "../../../lib/ccip/accounts";
import { signerFor } from "../../../lib/localnet/wiring";
import { mintTokens } from "../../../lib/token/desk/mint";
import type { MintOptions } from "../../../lib/token/desk/mint";
import { RebaseController__factory, RebaseToken__factory } from "../../../typechain-types";
import { wiredMeshFixture } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";

const ALICE = localAccount(LOCAL_HOLDERS.alice).address;
const STRANGER = localAccount(LOCAL_HOLDERS.stranger).address;

function mint({ mesh }: MeshWorld, options: Partial<MintOptions> = {}) {
  const quiet = { print: () => undefined, say: () => undefined };
  return mintTokens(
    { mesh, signerFor, sendOptions: () => ({}) },
    {
      to: ALICE,
      amount: "12.5",
      again: false,
      whilePending: false,
      json: false,
      confirm: () => Promise.resolve(),
      ...options,
    },
    quiet,
  );
}

function tokenOf({ mesh: { home } }: MeshWorld) {
  return RebaseToken__factory.connect(home.contracts.token, home.provider);
}

async function scheduleRebase({ mesh: { home, config } }: MeshWorld): Promise<void> {
  const operator = await signerFor(home, config.roles.rebaseOperator);
  const controller = RebaseController__factory.connect(home.contracts.controller, operator);
  await (await controller.rebase(parseEther("1050000000"))).wait();
}

async function pause({ mesh: { home, config } }: MeshWorld): Promise<void> {
  const guardian = await signerFor(home, config.roles.guardian);
  await (await RebaseToken__factory.connect(home.contracts.token, guardian).pause()).wait();
}

describe("Issuing tokens from a task", () => {
  it("issues exactly as many as are named", async () => {
    const world = await loadFixture(wiredMeshFixture);
    await mint(world);
    expect(await tokenOf(world).balanceOf(ALICE)).to.equal(parseEther("12.5"));
  });

  it("issues as much to the same account a second time only when told so", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { transactionHash } = await mint(world);
    await expect(mint(world)).to.be.rejectedWith(
      `within the last hour, by ${transactionHash}: add --again`,
    );
    await mint(world, { amount: "1" });
    await mint(world, { amount: "1", again: true });
    expect(await tokenOf(world).balanceOf(ALICE)).to.equal(parseEther("14.5"));
  });

  it("issues nothing when the issuer has sent something since it was looked at", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const meanwhile = async () => void (await mint(world, { to: STRANGER }));
    await expect(mint(world, { confirm: meanwhile })).to.be.rejectedWith(
      "Nobody knows whether the tokens were issued on local-home",
    );
    expect(await tokenOf(world).balanceOf(ALICE)).to.equal(0n);
  });

  it("issues while a rebase is pending only when told so", async () => {
    const world = await loadFixture(wiredMeshFixture);
    await scheduleRebase(world);
    await expect(mint(world)).to.be.rejectedWith(/A rebase counts from .*add --while-pending/);
    await mint(world, { whilePending: true });
    expect(await tokenOf(world).balanceOf(ALICE)).to.equal(parseEther("12.5"));
  });

  const refusals: [title: string, options: Partial<MintOptions>, message: RegExp][] = [
    ["no account", { to: "0x12" }, /--to "0x12" has 2 digits behind 0x/],
    ["no amount", { amount: "12,5" }, /--amount "12,5" may mean 12.5 or 125/],
    ["nothing", { amount: "0" }, /--amount "0" is nothing: write more than 0/],
    [
      "more than there are shares for (M8)",
      { amount: `1${"0".repeat(24)}` },
      /are more than can be issued on local-home: at most 411376139330301510538\.\d+ \w+ are left/,
    ],
    ["by a stranger", { account: STRANGER }, /lacks ISSUER_ROLE .* it is held by 0x/],
    [
      "against the issuer's will",
      { confirm: () => Promise.reject(new Error("you said no")) },
      /you said no/,
    ],
  ];
  for (const [title, options, message] of refusals) {
    it(`issues nothing: ${title}`, async () => {
      const world = await loadFixture(wiredMeshFixture);
      await expect(mint(world, options)).to.be.rejectedWith(message);
      expect(await tokenOf(world).totalSupply()).to.equal(0n);
    });
  }

  it("issues nothing while the token is paused, and says what unpauses it", async () => {
    const world = await loadFixture(wiredMeshFixture);
    await pause(world);
    await expect(mint(world)).to.be.rejectedWith(
      "unpause it with `npx hardhat token unpause --chain local-home --mesh local`",
    );
  });
});
