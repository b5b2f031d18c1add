import { expect } from "chai";
import { parseEther } from "ethers";
import { localAccount } from "ccip-localnet";

import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { signerFor } from "../../../lib/localnet/wiring";
import { readQuote } from "../../../lib/bridge/quote";
import type { Mesh } from "../../../lib/core/mesh/mesh";
import { checkIssue } from "../../../lib/token/mint";
import { readRunway } from "../../../lib/rebase/fees";
import { pinAt } from "../../../lib/rpc/pinned";
import { keep } from "../../../lib/rebase/keeper";
import { SentMessages } from "../../../lib/ccip/sentBroadcast";
import { readStatus, satelliteStatus } from "../../../lib/rebase/status";
import { loadFixture } from "../../shared/fixture";
import {
  countAtHome,
  contextOf,
  keeperOptions,
  keptMesh,
  pollOptionsOf,
} from "../../shared/keeper";
import { wiredMeshFixture } from "../../shared/meshFixture";
import { thinProvider } from "../../shared/thinProvider";

const ALICE = localAccount(LOCAL_HOLDERS.alice).address;

/** Returns a mesh whose home endpoint lags behind the newest block. */
function behindAtHome(mesh: Mesh): Mesh {
  const { provider } = thinProvider(mesh.home.provider, { behind: 2 });
  return { ...mesh, home: { ...mesh.home, provider } };
}

describe("Through an endpoint that lags behind the requested block", () => {
  const READS: [what: string, read: (mesh: Mesh) => Promise<unknown>][] = [
    ["the runway of the treasury", (mesh) => readRunway(mesh)],
    [
      "what an account has for a transfer",
      ({ home, satellites: [destination] }) => {
        if (!destination) throw new Error("The mesh has no satellite.");
        const amount = parseEther("1");
        return readQuote({ source: home, destination, amount, receiver: ALICE, account: ALICE });
      },
    ],
    [
      "what is in the way of an issue",
      (mesh) =>
        checkIssue(
          { mesh, signerFor, sendOptions: () => ({}) },
          {
            to: ALICE,
            amount: 1n,
            again: false,
            whilePending: false,
          },
        ),
    ],
  ];
  for (const [what, read] of READS) {
    it(`${what} is waited for`, async () => {
      const { mesh } = await loadFixture(wiredMeshFixture);
      expect(await read(behindAtHome(mesh))).to.deep.equal(await read(mesh));
    });
  }

  it("the keeper rebases once and broadcasts once", async () => {
    const world = await keptMesh();
    const lagging = { ...world, mesh: behindAtHome(world.mesh) };
    expect((await keep(contextOf(lagging), keeperOptions(world).options)).exitCode).to.equal(0);
    expect(await countAtHome(world, 2n)).to.deep.equal({
      rebases: 1,
      broadcasts: { "local-sat1": 1, "local-sat2": 1 },
    });
  });

  it("a message that arrives between two reads of a satellite is not treated as one without effect", async () => {
    const world = await keptMesh();
    const [first, ...others] = world.mesh.satellites;
    if (!first) throw new Error("The mesh has no satellite.");
    const { provider, lag } = thinProvider(first.provider, {});
    const start = await first.provider.getBlockNumber();
    const mesh = { ...world.mesh, satellites: [{ ...first, provider }, ...others] };
    const { pollOptions } = pollOptionsOf(world, {
      sleep: async () => {
        await world.ccip.deliver();
        if (looks-- > 0) lag(start);
      },
    });
    let looks = 4;
    const { options, events } = keeperOptions(world, { pollOptions });
    expect((await keep(contextOf({ ...world, mesh }), options)).exitCode).to.equal(0);
    const states = events.flatMap((event) => (event.event === "lane" ? event.state : []));
    expect(new Set(states)).to.deep.equal(new Set(["not sent", "under way"]));
    expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal({
      "local-sat1": 1,
      "local-sat2": 1,
    });
  });

  it("the message of a broadcast is found, now or at the next read", async () => {
    const world = await keptMesh();
    const { pollOptions } = pollOptionsOf(world, {
      sleep: () => Promise.resolve(),
      followMs: 1_000,
    });
    await keep(contextOf(world), keeperOptions(world, { pollOptions }).options);
    const { mesh } = world;
    const [satellite] = mesh.satellites;
    if (!satellite) throw new Error("The mesh has no satellite.");
    const status = await readStatus(mesh);
    const { destination, blockNumber } = satelliteStatus(status, satellite.name);
    const { provider } = thinProvider(mesh.home.provider, { blockNumber: 1, lateReceipts: 1 });
    const messages = new SentMessages({ ...mesh.home, provider });
    const at = await pinAt(satellite.name, satellite.provider, blockNumber);
    const executionStatusOf = () =>
      messages.executionStatusAt(
        satellite,
        destination?.lastMessageId ?? "",
        status.home.blockNumber,
        at,
      );
    expect(await executionStatusOf(), "its receipt is not there yet").to.equal(undefined);
    expect(await executionStatusOf()).to.deep.equal({ state: "untouched" });
  });
});
