import { expect } from "chai";
import hre from "hardhat";

import {
  UPGRADEABLE,
  committedLayout,
  erc7201Slot,
  layoutProblems,
  parseLayout,
  slotProblems,
} from "../../../lib/deployments/layout";
import { storageLayout } from "../../../lib/hardhat/artifacts";

const OWN = "erc7201:ccip-rebase-token.RebaseToken";

type Layout = ReturnType<typeof committedLayout>;
type Members = NonNullable<Layout["namespaces"]>[string];

/** A layout whose own namespace has other members. */
function withMembers(layout: Layout, change: (members: Members) => Members): Layout {
  const { namespaces = {} } = layout;
  return { ...layout, namespaces: { ...namespaces, [OWN]: change(namespaces[OWN] ?? []) } };
}

describe("The storage layout of a contract behind a proxy", () => {
  for (const contract of UPGRADEABLE) {
    it(`of ${contract} is the one in git; otherwise run "npm run generate:layouts" and review it [G5, I35]`, async () => {
      expect(await storageLayout(hre, contract)).to.deep.equal(committedLayout(contract));
    });
  }

  it("is entirely in namespaces, those of OpenZeppelin's bases included", () => {
    const { namespaces = {}, storage } = committedLayout("RebaseToken");
    expect(storage).to.be.empty;
    expect(Object.keys(namespaces)).to.include.members([
      OWN,
      "erc7201:openzeppelin.storage.ERC20",
      "erc7201:openzeppelin.storage.AccessControl",
      "erc7201:openzeppelin.storage.AccessControlDefaultAdminRules",
      "erc7201:openzeppelin.storage.Nonces",
    ]);
  });

  it("may be appended to", async () => {
    const before = committedLayout("RebaseToken");
    expect(layoutProblems(before, await storageLayout(hre, "RebaseTokenNext"))).to.be.empty;
  });

  const mistakes: [what: string, change: (layout: Layout) => Layout, problem: RegExp][] = [
    [
      "a member is inserted",
      (layout) =>
        withMembers(layout, (members) => [
          { ...members[0], label: "more" } as Members[0],
          ...members,
        ]),
      /Inserted `more`/,
    ],
    [
      "a member is renamed",
      (layout) =>
        withMembers(layout, ([first, ...rest]) => [
          { ...first, label: "was" } as Members[0],
          ...rest,
        ]),
      /Renamed `current` to `was`/,
    ],
    [
      "a member gets another type",
      (layout) =>
        withMembers(layout, (members) =>
          members.map((item) => (item.label === "epoch" ? { ...item, type: "t_uint64" } : item)),
        ),
      /Upgraded `epoch` to an incompatible type/,
    ],
    [
      "the last member is deleted",
      (layout) => withMembers(layout, (members) => members.slice(0, -1)),
      /Deleted `resyncedAt`/,
    ],
    [
      "a namespace is lost",
      ({ namespaces = {}, ...layout }) => {
        const others = Object.entries(namespaces).filter(([name]) => name !== OWN);
        return parseLayout({ ...layout, namespaces: Object.fromEntries(others) });
      },
      /Deleted namespace `erc7201:ccip-rebase-token.RebaseToken`/,
    ],
  ];
  for (const [what, change, problem] of mistakes) {
    it(`is refused when ${what} [G5, I35]`, () => {
      const layout = committedLayout("RebaseToken");
      expect(layoutProblems(layout, change(layout)).join()).to.match(problem);
    });
  }

  it("is located where ERC-7201 puts each namespace", async () => {
    const { deployedBytecode } = await hre.artifacts.readArtifact("RebaseToken");
    const layout = committedLayout("RebaseToken");
    expect(slotProblems(layout, deployedBytecode)).to.be.empty;
    const slot = erc7201Slot("ccip-rebase-token.RebaseToken").slice(2, -2);
    const mistyped = deployedBytecode.replaceAll(slot, `${slot.slice(0, -2)}00`);
    expect(mistyped).to.not.equal(deployedBytecode);
    expect(slotProblems(layout, mistyped)).to.deep.equal([
      `the code never uses slot 0x${slot}00 of ccip-rebase-token.RebaseToken: all of it would read as zero`,
    ]);
  });
});
