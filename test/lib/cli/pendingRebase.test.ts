import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { changePending } from "../../../lib/cli/rebase/pending";
import type { PendingTaskOptions } from "../../../lib/cli/rebase/pending";
import { abi, contractAt } from "../../../lib/core/abis";
import { growthFactor } from "../../../lib/core/growth";
import { signerFor } from "../../../lib/localnet/wiring";
import { NoKeyError } from "../../../lib/mesh/signing";
import { byTimelock, contextOf, countAtHome, keptMesh, pass } from "../../shared/keeper";
import { impersonated } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { thinProvider } from "../../shared/thinProvider";

const PERCENT = growthFactor("1.5");

describe("A pending rebase", () => {
  it("is cancelled through the timelock: proposed, and executed by the same command after the delay", async () => {
    const world = await withPending();
    const first = await change(world);
    expect(first.lines.join("\n")).to.include("cancel epoch 2, which is pending");
    expect(first.result.open.map(({ id }) => id)).to.deep.equal([
      "local-home/controller/cancel epoch 2",
    ]);
    expect(first.printed).to.include("epoch 2 is still pending");
    expect(await indexOf(world)).to.deep.include({ epoch: 2n, pending: true });

    expect((await change(world)).result).to.deep.include({ sent: 0 });
    await pass(world, 61);
    const last = await change(world);
    expect(last.result).to.deep.equal({ sent: 1, open: [] });
    expect(last.printed).to.include("epoch 2 will never count").and.to.include("rebase broadcast");
    expect(await indexOf(world)).to.deep.include({ epoch: 3n, pending: false });
    expect((await change(world)).printed).to.equal(
      "mesh local: no rebase is pending: nothing to cancel.",
    );
    expect((await countAtHome(world, 3n)).rebases).to.equal(2);
  });

  it("is replaced, starting from the current index, and only once however often the command is run", async () => {
    const world = await withPending();
    const request = { growthFactor: growthFactor("-1") };
    await change(world, { request });
    await pass(world, 61);
    expect((await change(world, { request })).result.open).to.be.empty;
    const { epoch, pending, next } = await indexOf(world);
    expect({ epoch, pending, next }).to.deep.equal({
      epoch: 3n,
      pending: true,
      next: (10n ** 24n * 10n ** 27n + request.growthFactor - 1n) / request.growthFactor,
    });
    expect((await change(world, { request })).printed).to.include("is this one already");
    expect((await countAtHome(world, 3n)).rebases).to.equal(2);
  });

  it("is replaced by another delay of the same rebase once: run again, the command has nothing to do", async () => {
    const world = await withPending();
    const request = { growthFactor: PERCENT, delay: 900n };
    await change(world, { request });
    await pass(world, 61);
    expect((await change(world, { request })).result.open).to.be.empty;
    expect((await change(world, { request })).printed).to.include("is this one already");
    expect(await indexOf(world)).to.deep.include({ epoch: 3n, pending: true });
  });

  it("is cancelled at once by an admin that is no timelock", async () => {
    const world = await withPending();
    const { home, config } = world.mesh;
    const { controller } = home.contracts;
    const { operations } = config.roles;
    const begin = abi.controller.encodeFunctionData("beginDefaultAdminTransfer", [operations]);
    await byTimelock(home, controller, begin);
    await pass(world, 1);
    const admin = contractAt.controller(controller, await signerFor(home, operations));
    await (await admin.acceptDefaultAdminTransfer()).wait();
    const { result } = await change(world);
    expect(result).to.deep.equal({ sent: 1, open: [] });
    expect(await indexOf(world)).to.deep.include({ epoch: 3n, pending: false });
  });

  it("is exported for Safe: the proposal and, in a separate phase, its execution", async () => {
    const world = await withPending();
    const out = mkdtempSync(path.join(tmpdir(), "pending-"));
    try {
      await change(world, { out });
      const files = readdirSync(out).sort();
      expect(files.map((name) => name.slice(0, 13))).to.deep.equal([
        "01-local-home",
        "02-local-home",
      ]);
      const [proposal = ""] = files.map((name) => readFileSync(path.join(out, name), "utf8"));
      const cancel = abi.controller.encodeFunctionData("cancelPending", [3]);
      expect(proposal).to.include(cancel.slice(2));
      expect((await indexOf(world)).epoch).to.equal(2n);
    } finally {
      rmSync(out, { recursive: true });
    }
  });

  it("waits for a signature when the proposer's key is not available", async () => {
    const world = await withPending();
    const context = contextOf(world, {
      signerFor: (chain, account) => Promise.reject(new NoKeyError(account, chain.name)),
    });
    const { result, printed } = await change(world, {}, context);
    expect(result.sent).to.equal(0);
    expect(printed).to.include("to sign").and.to.include("--out <folder>");
  });

  it("is not cancelled when the answer is no", async () => {
    const world = await withPending();
    const no = new Error("you said no");
    await expect(change(world, { confirm: () => Promise.reject(no) })).to.be.rejectedWith(no);
    expect((await indexOf(world)).epoch).to.equal(2n);
  });

  const refusals: [what: string, percent: string, reason: RegExp][] = [
    ["beyond the bounds", "11", /cannot be replaced by \+11 %. Nothing was sent.\n {2}bounds: /],
  ];
  for (const [what, percent, reason] of refusals) {
    it(`is not replaced by one ${what}`, async () => {
      const world = await withPending();
      const request = { growthFactor: growthFactor(percent) };
      await expect(change(world, { request })).to.be.rejectedWith(reason);
    });
  }

  it("is out of reach when it takes effect before the timelock could act", async () => {
    const world = await withPending();
    const { effectiveAt, timestamp } = await indexOf(world);
    await pass(world, Number(effectiveAt - timestamp) - 30);
    await expect(change(world)).to.be.rejectedWith(/^It is too late: epoch 2 takes effect at /);
  });

  it("is within reach through an endpoint that lags once it was found", async () => {
    const world = await withPending();
    const { home } = world.mesh;
    const head = await home.provider.getBlockNumber();
    const { provider } = thinProvider(home.provider, { latest: [head, head - 1, head - 1] });
    const mesh = { ...world.mesh, home: { ...home, provider } };
    const { result } = await change(world, {}, { ...contextOf(world), mesh });
    expect(result.sent).to.equal(1);
  });

  it("is within reach until it takes effect, once that was proposed in time", async () => {
    const world = await withPending();
    await change(world);
    const { effectiveAt, timestamp } = await indexOf(world);
    await pass(world, Number(effectiveAt - timestamp) - 30);
    expect((await change(world)).result).to.deep.equal({ sent: 1, open: [] });
    expect(await indexOf(world)).to.deep.include({ epoch: 3n, pending: false });
  });

  it("that takes effect first is not confused with the next one: the late proposal reverts", async () => {
    const world = await withPending();
    await change(world);
    await pass(world, 4_300);
    await schedule(world, 3n);
    const { home } = world.mesh;
    const controller = contractAt.controller(
      home.contracts.controller,
      await impersonated(home, home.contracts.timelock),
    );
    await expect(controller.cancelPending(3)).to.be.revertedWithCustomError(
      controller,
      "UnexpectedEpoch",
    );
    expect(await indexOf(world)).to.deep.include({ epoch: 3n, pending: true });
  });
});

/** A mesh with a rebase that the operator has scheduled. */
async function withPending(): Promise<MeshWorld> {
  const world = await keptMesh();
  await schedule(world, 2n);
  return world;
}

async function schedule({ mesh: { home, config } }: MeshWorld, newEpoch: bigint): Promise<void> {
  const operator = await signerFor(home, config.roles.rebaseOperator);
  await (
    await contractAt.controller(home.contracts.controller, operator).rebase(PERCENT, newEpoch)
  ).wait();
}

/** Runs the command, and reads what it said. */
async function change(
  world: MeshWorld,
  options: Partial<PendingTaskOptions> = {},
  context = contextOf(world),
) {
  const lines: string[] = [];
  const printed: string[] = [];
  const output = {
    stdout: (text: string) => void printed.push(text),
    log: (text: string) => void lines.push(text),
  };
  const all = { wait: false, json: false, confirm: () => Promise.resolve(), ...options };
  const result = await changePending(context, all, output);
  return { result, lines, printed: printed.join("\n") };
}

async function indexOf({ mesh: { home } }: MeshWorld) {
  const token = contractAt.token(home.contracts.token, home.provider);
  const [{ epoch_: epoch, next, effectiveAt }, [pending], block] = await Promise.all([
    token.indexState(),
    token.pendingRebase(),
    home.provider.getBlock("latest"),
  ]);
  return { epoch, next, effectiveAt, pending, timestamp: BigInt(block?.timestamp ?? 0) };
}
