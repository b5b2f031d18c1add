import { expect } from "chai";
import { concat, id, keccak256 } from "ethers";
import fc from "fast-check";
import { deployContract, LocalCcip } from "ccip-localnet";
import { MAX_LEAVES, MerkleTree, released, rootOf } from "ccip-localnet/protocol";

import { sendData } from "../../shared/ccipMessages";
import { loadFixture } from "../../shared/fixture";
import { inProcessChains } from "../../shared/inProcessCcip";

const leaves = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => id(`leaf ${i}`));

/** A number of leaves and some of their places, ascending. */
const choice = (most: number): fc.Arbitrary<{ count: number; chosen: number[] }> =>
  fc.integer({ min: 1, max: most }).chain((count) =>
    fc
      .subarray(
        Array.from({ length: count }, (_, i) => i),
        { minLength: 1 },
      )
      .map((chosen) => ({ count, chosen })),
  );

describe("MerkleTree", () => {
  it("uses the leaf of a single message as its root", () => {
    const [leaf] = leaves(1);
    expect(new MerkleTree(leaves(1)).root).to.equal(leaf);
  });

  it("fills up a layer as the nodes of a live DON do, whose roots it has to rebuild", () => {
    const [a = "", b = "", c = ""] = leaves(3);
    const inner = `0x${"00".repeat(31)}01`;
    const hash = (one: string, other: string) => {
      const [left = "", right = ""] = [one, other].sort();
      return keccak256(concat([inner, left, right]));
    };
    const root = hash(hash(a, b), hash(c, `0x${"ff".repeat(32)}`));
    expect(new MerkleTree([a, b, c]).root).to.equal(root);
  });

  it("proves any leaves of any tree", () => {
    fc.assert(
      fc.property(choice(MAX_LEAVES), ({ count, chosen }) => {
        const all = leaves(count);
        const tree = new MerkleTree(all);
        const proven = chosen.map((index) => all[index] ?? "");
        expect(rootOf(proven, tree.prove(chosen))).to.equal(tree.root);
      }),
      { numRuns: 40 },
    );
  });

  it("does not prove a leaf that is not in the tree", () => {
    const tree = new MerkleTree(leaves(5));
    expect(rootOf([id("forged")], tree.prove([3]))).not.to.equal(tree.root);
  });

  for (const count of [0, MAX_LEAVES + 1]) {
    it(`refuses ${count} leaves`, () => {
      expect(() => new MerkleTree(leaves(count))).to.throw(RangeError, `${count} leaves`);
    });
  }

  for (const indices of [[], [2, 1], [1, 1], [7]]) {
    it(`refuses to prove the leaves [${indices.join(", ")}] of five`, () => {
      expect(() => new MerkleTree(leaves(5)).prove(indices)).to.throw(RangeError);
    });
  }

  it("is accepted by the released OffRamp: any part of any batch, then the rest", async () => {
    const deployed = async (): Promise<{ ccip: LocalCcip; receiver: string }> => {
      // CCIP 2.0 commits no roots.
      const chains = await inProcessChains(2, undefined, "1.6");
      const [home] = chains;
      if (!home) throw new Error("no chain");
      return {
        ccip: new LocalCcip(chains),
        receiver: await deployContract(home.owner, released("loggingReceiver")),
      };
    };
    await fc.assert(
      fc.asyncProperty(choice(17), async ({ count, chosen }) => {
        const { ccip, receiver } = await loadFixture(deployed);
        const lane = ccip.lane("local-home", "local-sat1");
        const sent = await sendData(
          lane,
          leaves(count).map((data) => ({ receiver, data })),
        );
        await ccip.verify(lane);
        const some = await ccip.execute(
          lane,
          sent.filter((_, i) => chosen.includes(i)),
        );
        expect(some.map(({ state }) => state)).to.deep.equal(chosen.map(() => "success"));
        const rest = await ccip.execute(lane);
        expect(some.length + rest.length).to.equal(count);
        expect(rest.every(({ state }) => state === "success")).to.equal(true);
      }),
      { numRuns: 12 },
    );
  });
});
