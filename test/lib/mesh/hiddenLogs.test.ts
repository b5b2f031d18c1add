import { mine, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroHash, id } from "ethers";

import { abi } from "../../../lib/core/abis";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { compareMesh } from "../../../lib/mesh/check";
import type { KeptLogs, LogStore } from "../../../lib/rpc/logs";
import { loadFixture } from "../../shared/fixture";
import { impersonated, wiredMeshFixture } from "../../shared/meshFixture";
import { thinProvider } from "../../shared/thinProvider";
import type { Thinness } from "../../shared/thinProvider";

const ATTACKER = "0x000000000000000000000000000000000000dEaD";
const LAG = { attempts: 3, pauseMs: 1, maxPauseMs: 1 };

/** Changes on a satellite that only a log shows, each with its difference. */
const changes: readonly {
  readonly name: string;
  readonly to: (chain: MeshChain) => string;
  readonly from: (chain: MeshChain, mesh: Mesh) => string;
  readonly data: string;
  readonly difference: string | RegExp;
}[] = [
  {
    name: "a role of the token",
    from: ({ contracts }) => contracts.timelock,
    to: ({ contracts }) => contracts.token,
    data: abi.token.encodeFunctionData("grantRole", [id("BRIDGE_ROLE"), ATTACKER]),
    difference: `local-sat1/token/unexpected BRIDGE_ROLE ${ATTACKER}`,
  },
  {
    name: "a proposal to the timelock",
    from: (_, { config }) => config.roles.operations,
    to: ({ contracts }) => contracts.timelock,
    data: abi.timelock.encodeFunctionData("schedule", [
      ATTACKER,
      0n,
      "0x",
      ZeroHash,
      id("attack"),
      86_400n,
    ]),
    difference: /^local-sat1\/timelock\/proposal /,
  },
  {
    name: "an offer of the pool",
    from: ({ contracts }) => contracts.timelock,
    to: ({ contracts }) => contracts.pool,
    data: abi.pool.encodeFunctionData("transferOwnership", [ATTACKER]),
    difference: `local-sat1/pool/offer to ${ATTACKER}`,
  },
];

for (const { name, from, to, data, difference } of changes) {
  describe(`A check of a mesh, after ${name} visible only in a log`, () => {
    it("finds it", async () => {
      const { differences, unread } = await compareMesh((await changed()).mesh);
      expect(unread).to.be.empty;
      expect(differences).to.have.lengthOf(1);
      expect(differences[0]?.id).to.match(
        typeof difference === "string" ? new RegExp(`^${difference}$`) : difference,
      );
    });

    it("reports the chain as unread when its endpoint omits the log", async () => {
      const { mesh, block } = await changed();
      const leaveOut = (log: { readonly blockNumber: number }) => log.blockNumber === block;
      const { chains, unread } = await compareMesh(through(mesh, { leaveOut }), { lag: LAG });
      expect([...chains.keys()]).to.have.members(["local-home", "local-sat2"]);
      expect(unread.get("local-sat1")?.message).to.match(
        new RegExp(
          `^Cannot tell what happened on local-sat1, because its endpoint leaves logs out: block ${block} holds one of `,
        ),
      );
    });

    it("waits for an endpoint that has not indexed it yet", async () => {
      const { mesh, block } = await changed();
      const leaveOut = (log: { readonly blockNumber: number }) => log.blockNumber === block;
      const { differences, unread } = await compareMesh(through(mesh, { leaveOut, leavesOut: 1 }), {
        lag: LAG,
      });
      expect(unread).to.be.empty;
      expect(differences).to.have.lengthOf(1);
    });

    it("waits for an endpoint that has not indexed it, though its first answer was kept", async () => {
      const { mesh, block } = await changed();
      // Old enough to be kept, and among the newest blocks all the same.
      await mine(40, { interval: 20 });
      const kept = new Map<string, KeptLogs>();
      const store: LogStore = {
        load: (key) => kept.get(key),
        save: (key, logs) => void kept.set(key, logs),
      };
      const leaveOut = (log: { readonly blockNumber: number }) => log.blockNumber === block;
      const finalized = () => Promise.resolve(block);
      const thin = through(mesh, { leaveOut, leavesOut: 1, finalized });
      const { differences, unread } = await compareMesh(thin, { lag: LAG, store });
      expect(unread).to.be.empty;
      expect(differences).to.have.lengthOf(1);
      expect([...kept.values()].some(({ upTo }) => upTo >= block)).to.equal(true);
    });

    it("reports the chain as unread when the log is in a block that replaced an empty one", async () => {
      const { mesh } = await loadFixture(wiredMeshFixture);
      const next = (await mesh.home.provider.getBlockNumber()) + 1;
      const leaveOut = (log: { readonly blockNumber: number }) => log.blockNumber === next;
      const thin = through(mesh, { leaveOut });
      const before = await takeSnapshot();
      await mine(2);
      expect((await compareMesh(thin, { lag: LAG })).unread).to.be.empty;
      await before.restore();
      expect((await change(mesh)).block).to.equal(next);
      await mine();
      const { unread } = await compareMesh(thin, { lag: LAG });
      expect(unread.get("local-sat1")?.message).to.include(`block ${next} holds one of `);
    });
  });

  /** Returns a mesh after the change, and the block of the change. */
  const changed = async () => change((await loadFixture(wiredMeshFixture)).mesh);

  const change = async (mesh: Mesh) => {
    const chain = satelliteOf(mesh);
    const signer = await impersonated(chain, from(chain, mesh));
    const { hash } = await signer.sendTransaction({ to: to(chain), data });
    const receipt = await chain.provider.getTransactionReceipt(hash);
    if (!receipt) throw new Error(`${hash} was not mined.`);
    return { mesh, block: receipt.blockNumber };
  };
}

function satelliteOf({ satellites: [chain] }: Mesh): MeshChain {
  if (!chain) throw new Error("The mesh has no satellite.");
  return chain;
}

/** Returns the mesh with another endpoint of its first satellite. */
function through(mesh: Mesh, thinness: Thinness): Mesh {
  const [first, ...others] = mesh.satellites;
  if (!first) throw new Error("The mesh has no satellite.");
  const { provider } = thinProvider(first.provider, thinness);
  return { ...mesh, satellites: [{ ...first, provider }, ...others] };
}
