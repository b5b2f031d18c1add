import { expect } from "chai";
import { id, parseEther } from "ethers";
import { localAccount } from "ccip-localnet";

import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { signerFor } from "../../../lib/localnet/wiring";
import { chainsOf } from "../../../lib/core/mesh/mesh";
import type { MeshChain } from "../../../lib/core/mesh/mesh";
import { NoKeyError } from "../../../lib/mesh/signing";
import type { ChainsContext } from "../../../lib/token/pause";
import { pauseTokens } from "../../../lib/cli/token/pause";
import type { PauseOptions } from "../../../lib/cli/token/pause";
import type { PauseAction } from "../../../lib/token/pause";
import type { SendOptions } from "../../../lib/tx/send";
import { RebaseToken__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { impersonated, wiredMeshFixture } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";

const THIRD_PARTY = localAccount(LOCAL_HOLDERS.thirdParty).address;
const OPTIONS: PauseOptions = { json: false, confirm: () => Promise.resolve() };

/** A context for all chains of a world, or for one; chains may be unreachable, and keys missing. */
function contextAt(
  { mesh }: MeshWorld,
  {
    chain,
    dead,
    without,
    sending = {},
  }: { chain?: string; dead?: string; without?: string; sending?: SendOptions } = {},
) {
  const printed: string[] = [];
  const said: string[] = [];
  const context: ChainsContext = {
    config: mesh.config,
    deployer: mesh.deployer,
    chains: chainsOf(mesh)
      .filter(({ name }) => chain === undefined || name === chain)
      .map((item) =>
        item.name === dead
          ? { name: item.name, error: new Error("The RPC endpoint does not answer.") }
          : { name: item.name, chain: item },
      ),
    signerFor: ({ name }, account) => {
      const connected = chainsOf(mesh).find((item) => item.name === name);
      if (!connected || account === without) return Promise.reject(new NoKeyError(account, name));
      return signerFor(connected, account);
    },
    sendOptions: () => sending,
  };
  const output = {
    stdout: (text: string) => void printed.push(text),
    log: (text: string) => void said.push(text),
  };
  const run = (action: PauseAction, options: Partial<PauseOptions> = {}) =>
    pauseTokens(context, action, { ...OPTIONS, ...options }, output);
  return { run, printed, said };
}

function tokenOf({ contracts, provider }: MeshChain) {
  return RebaseToken__factory.connect(contracts.token, provider);
}

function paused({ mesh }: MeshWorld): Promise<boolean[]> {
  return Promise.all(chainsOf(mesh).map((chain) => tokenOf(chain).paused()));
}

describe("token pause and unpause", () => {
  it("stop a chain at any gas price, and respect the gas price ceiling when unpausing", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const sending = { maxPrice: { wei: 1n, setting: "this test" } };
    const { run } = contextAt(world, { chain: "local-sat1", sending });
    expect((await run("pause")).map(({ status }) => status)).to.deep.equal(["done"]);
    const [outcome] = await run("unpause");
    expect(outcome?.error).to.match(
      /above the ceiling of 0\.000000001 gwei: wait, or raise this test/,
    );
    expect(await paused(world)).to.deep.equal([false, true, false]);
  });

  it("stop and resume every chain, and explain what a pause stops", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { run, printed, said } = contextAt(world);
    const outcomes = await run("pause");
    expect(outcomes.map(({ chain, status }) => `${chain} ${status}`)).to.deep.equal([
      "local-home done",
      "local-sat1 done",
      "local-sat2 done",
    ]);
    expect(await paused(world)).to.deep.equal([true, true, true]);
    expect(said[0])
      .to.include("every transfer, mint and burn")
      .and.to.include("It does not stop: rebases, broadcasts and syncs; approvals");
    expect(printed.at(-1)).to.match(/^local-home: paused now \(0x\w{64}\)\n/);
    await run("unpause");
    expect(await paused(world)).to.deep.equal([false, false, false]);
    expect(printed.at(-1)).to.match(/^local-home: not paused now/);
  });

  it("do what they say: a paused token does not move, but is rebased and may be approved", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { home, config } = world.mesh;
    const alice = localAccount(LOCAL_HOLDERS.alice, home.provider);
    const issuer = await signerFor(home, config.roles.issuer);
    await (await tokenOf(home).connect(issuer).mint(alice.address, parseEther("5"))).wait();
    await contextAt(world, { chain: "local-home" }).run("pause");
    const token = tokenOf(home).connect(alice);
    await expect(token.transfer(THIRD_PARTY, 1n)).to.be.revertedWithCustomError(
      token,
      "EnforcedPause",
    );
    await (await token.approve(THIRD_PARTY, 1n)).wait();
    const { current, next } = await token.indexState();
    const controller = await impersonated(home, home.contracts.controller);
    const later = (await home.provider.getBlock("latest"))?.timestamp ?? 0;
    await (await token.connect(controller).rebase(2n, (next * 99n) / 100n, later + 100)).wait();
    expect((await token.indexState()).current).to.equal(current);
    expect(await token.epoch()).to.equal(2n);
  });

  it("affect only a named chain", async () => {
    const world = await loadFixture(wiredMeshFixture);
    await contextAt(world, { chain: "local-sat1" }).run("pause");
    expect(await paused(world)).to.deep.equal([false, true, false]);
  });

  it("have nothing to do, and ask nothing, when a chain is already in that state", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { run, printed, said } = contextAt(world);
    const confirm = () => Promise.reject(new Error("asked"));
    const outcomes = await run("unpause", { confirm });
    expect(outcomes.every(({ status }) => status === "already")).to.equal(true);
    expect(printed.at(-1)).to.include("local-sat2: not paused already, nothing to do");
    expect(said).to.be.empty;
  });

  it("continue where others fail: an unreachable endpoint stops no other chain", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { run, printed } = contextAt(world, { dead: "local-home" });
    const outcomes = await run("pause");
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["failed", "done", "done"]);
    expect(await paused(world)).to.deep.equal([false, true, true]);
    expect(printed.at(-1)).to.include("local-home: failed: The RPC endpoint does not answer.");
  });

  it("name the missing role and its holder, who may do it", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const [sat1] = world.mesh.satellites;
    if (!sat1) throw new Error("The mesh has no satellite.");
    const { guardian } = world.mesh.config.roles;
    const timelock = await impersonated(sat1, sat1.contracts.timelock);
    const token = tokenOf(sat1).connect(timelock);
    await (await token.grantRole(id("GUARDIAN_ROLE"), THIRD_PARTY)).wait();
    await (await token.revokeRole(id("GUARDIAN_ROLE"), guardian)).wait();
    const { run, printed } = contextAt(world);
    const outcomes = await run("pause");
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["done", "failed", "done"]);
    expect(printed.at(-1)).to.include(
      `local-sat1: failed: ${guardian} lacks GUARDIAN_ROLE of the token on local-sat1: it is held by ${THIRD_PARTY}; name one with --account.`,
    );
    await run("pause", { account: THIRD_PARTY });
    expect(await paused(world)).to.deep.equal([true, true, true]);
  });

  it("report when no account has the role", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { home, config } = world.mesh;
    const timelock = await impersonated(home, home.contracts.timelock);
    const token = tokenOf(home).connect(timelock);
    await (await token.revokeRole(id("GUARDIAN_ROLE"), config.roles.guardian)).wait();
    const { run, printed } = contextAt(world, { chain: "local-home" });
    await run("pause");
    expect(printed.at(-1)).to.include(
      "nobody holds it; the token's default admin has to grant it.",
    );
  });

  it("name the signer and the call when the key is not available", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { home, config } = world.mesh;
    const { guardian } = config.roles;
    const { run, printed } = contextAt(world, { chain: "local-home", without: guardian });
    await run("pause");
    expect(printed.at(-1)).to.include(
      `It has to be signed by ${guardian} (GUARDIAN_ROLE of the token): to ${home.contracts.token}, value 0, data 0x8456cb59`,
    );
  });

  it("send nothing when the answer is no", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { run } = contextAt(world);
    const no = new Error("you said no");
    await expect(run("pause", { confirm: () => Promise.reject(no) })).to.be.rejectedWith(no);
    expect(await paused(world)).to.deep.equal([false, false, false]);
  });

  it("print one JSON document", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { run, printed } = contextAt(world, { dead: "local-sat2" });
    await run("pause", { json: true });
    const [text = "", ...more] = printed;
    expect(more).to.be.empty;
    const document = JSON.parse(text) as { chains: { chain: string; status: string }[] };
    expect(document).to.deep.include({ mesh: "local", action: "pause" });
    expect(document.chains.map(({ status }) => status)).to.deep.equal(["done", "done", "failed"]);
  });
});
