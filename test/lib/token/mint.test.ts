import { mineUpTo, setNonce } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { parseEther } from "ethers";
import type { Log } from "ethers";
import { localAccount } from "ccip-localnet";

import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { exactTokens } from "../../../lib/core/amount";
import { MAX_SHARES } from "../../../lib/core/units";
import { signerFor } from "../../../lib/localnet/wiring";
import { mintTokens } from "../../../lib/cli/token/mint";
import type { MintOptions } from "../../../lib/cli/token/mint";
import { RebaseController__factory, RebaseToken__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { impersonated, wiredMeshFixture } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { endsBefore, thinProvider } from "../../shared/thinProvider";
import type { Thinness } from "../../shared/thinProvider";

const ALICE = localAccount(LOCAL_HOLDERS.alice).address;
const THIRD_PARTY = localAccount(LOCAL_HOLDERS.thirdParty).address;

function mint({ mesh }: MeshWorld, options: Partial<MintOptions> = {}, said: string[] = []) {
  const quiet = { stdout: () => undefined, log: (text: string) => void said.push(text) };
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
  await (await controller.rebase(parseEther("1050000000"), 2n)).wait();
}

async function pause({ mesh: { home, config } }: MeshWorld): Promise<void> {
  const guardian = await signerFor(home, config.roles.guardian);
  await (await RebaseToken__factory.connect(home.contracts.token, guardian).pause()).wait();
}

describe("Issuing tokens from a task", () => {
  it("issues exactly the named amount", async () => {
    const world = await loadFixture(wiredMeshFixture);
    await mint(world);
    expect(await tokenOf(world).balanceOf(ALICE)).to.equal(parseEther("12.5"));
  });

  it("issues the same amount to the same account a second time only with --again", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { transactionHash } = await mint(world);
    await expect(mint(world)).to.be.rejectedWith(
      `issued as much to ${ALICE}, in ${transactionHash}: add --again`,
    );
    await mint(world, { amount: "1" });
    await mint(world, { amount: "1", again: true });
    expect(await tokenOf(world).balanceOf(ALICE)).to.equal(parseEther("14.5"));
  });

  it("does not take the issue of another issuer for its own, though the nonces follow", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { home, config } = world.mesh;
    const [token, amount] = [tokenOf(world), parseEther("12.5")];
    const admin = await impersonated(home, home.contracts.timelock);
    await token.connect(admin).grantRole(await token.ISSUER_ROLE(), THIRD_PARTY);
    await setNonce(THIRD_PARTY, 1_000);
    await token.connect(await impersonated(home, THIRD_PARTY)).mint(ALICE, amount);
    await setNonce(config.roles.issuer, 1_001);
    await mint(world);
    expect(await token.balanceOf(ALICE)).to.equal(2n * amount);
  });

  it("names the last issue to the account before the prompt, whatever followed it", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { transactionHash } = await mint(world);
    await mint(world, { to: THIRD_PARTY });
    const said: string[] = [];
    await mint(world, {}, said);
    expect(said.join()).to.match(
      new RegExp(`before {3}12.5 RUSD were issued to ${ALICE} [^,]+ ago, in ${transactionHash}`),
    );
  });

  describe("through an endpoint that omits logs", () => {
    const lag = { attempts: 2, pauseMs: 1, maxPauseMs: 1 };
    const through = (world: MeshWorld, thinness: Thinness): MeshWorld => {
      const { home } = world.mesh;
      const { provider } = thinProvider(home.provider, thinness);
      return { ...world, mesh: { ...world.mesh, home: { ...home, provider } } };
    };
    for (const { what, leaveOut } of [
      { what: "of the newest block", leaveOut: endsBefore(1) },
      { what: "of the ten newest blocks", leaveOut: endsBefore(10) },
      { what: "of the token", leaveOut: ({ topics }: Log) => topics.length === 3 },
    ]) {
      it(`${what}: issues once, and nothing that may be a repetition`, async () => {
        const world = await loadFixture(wiredMeshFixture);
        await mineUpTo((await world.mesh.home.provider.getBlockNumber()) + 10);
        const thin = through(world, { leaveOut });
        await mint(thin, { lag });
        await expect(mint(thin, { lag })).to.be.rejectedWith(
          /^Nothing was issued\. Cannot tell what was issued on local-home, because its endpoint leaves logs out: up to block \d+ they account for 0 shares, and the token has issued \d+\..* add --again\.$/,
        );
        expect(await tokenOf(world).balanceOf(ALICE)).to.equal(parseEther("12.5"));
        await mint(thin, { lag, again: true });
        expect(await tokenOf(world).balanceOf(ALICE)).to.equal(parseEther("25"));
      });
    }

    it("once: a second look finds it", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const { transactionHash } = await mint(world);
      const thin = through(world, { leaveOut: endsBefore(1), leavesOut: 1 });
      await expect(mint(thin, { lag })).to.be.rejectedWith(`in ${transactionHash}: add --again`);
    });

    it("which hides that the issued tokens left for another chain at once", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const { home } = world.mesh;
      const block = await home.provider.getBlockNumber();
      await mint(world);
      const pool = await impersonated(home, home.contracts.pool);
      const alice = await signerFor(home, ALICE);
      const token = RebaseToken__factory.connect(home.contracts.token, alice);
      await (await token.transfer(pool, parseEther("12.5"))).wait();
      await (await token.connect(pool).bridgeBurn(parseEther("12.5"))).wait();
      expect(await token.totalShares()).to.equal(0n);
      const thin = through(world, { leaveOut: ({ blockNumber }) => blockNumber > block });
      await expect(mint(thin, { lag })).to.be.rejectedWith("Nothing was issued. Cannot tell");
    });
  });

  it("issues as much as there are shares left for, and not a unit more", async () => {
    const world = await loadFixture(wiredMeshFixture);
    await mint(world);
    const token = tokenOf(world);
    const left = (MAX_SHARES - (await token.issuedShares())) / (await token.sharesPerToken());
    await expect(mint(world, { amount: exactTokens(left + 1n) })).to.be.rejectedWith(
      `at most ${exactTokens(left)} `,
    );
    await mint(world, { amount: exactTokens(left) });
    expect(await token.balanceOf(ALICE)).to.equal(parseEther("12.5") + left);
  });

  it("issues nothing when the issuer has sent a transaction since the read", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const meanwhile = async () => void (await mint(world, { to: THIRD_PARTY }));
    await expect(mint(world, { confirm: meanwhile })).to.be.rejectedWith(
      "Nobody knows whether the tokens were issued on local-home",
    );
    expect(await tokenOf(world).balanceOf(ALICE)).to.equal(0n);
  });

  it("issues during a pending rebase only with --while-pending", async () => {
    const world = await loadFixture(wiredMeshFixture);
    await scheduleRebase(world);
    await expect(mint(world)).to.be.rejectedWith(/A rebase takes effect at .*add --while-pending/);
    await mint(world, { whilePending: true });
    expect(await tokenOf(world).balanceOf(ALICE)).to.equal(parseEther("12.5"));
  });

  const refusals: [title: string, options: Partial<MintOptions>, message: RegExp][] = [
    ["no account", { to: "0x12" }, /--to "0x12" has 2 digits behind 0x/],
    ["no amount", { amount: "12,5" }, /--amount "12,5" may mean 12.5 or 125/],
    ["nothing", { amount: "0" }, /--amount "0" is nothing: write more than 0/],
    [
      "more than there are shares for",
      { amount: `1${"0".repeat(24)}` },
      /are more than can be issued on local-home: at most 411376139330301510538\.\d+ \w+ are left/,
    ],
    ["by a third party", { account: THIRD_PARTY }, /lacks ISSUER_ROLE .* it is held by 0x/],
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

  it("issues nothing while the token is paused, and names the command that unpauses it", async () => {
    const world = await loadFixture(wiredMeshFixture);
    await pause(world);
    await expect(mint(world)).to.be.rejectedWith(
      "unpause it with `npx hardhat token unpause --chain local-home --mesh local`",
    );
  });
});
