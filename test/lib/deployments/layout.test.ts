import { expect } from "chai";
import hre from "hardhat";

import { recordsOf } from "../../../config/env";
import { syntaxTrees, buildArtifactsOf } from "../../../lib/hardhat/buildArtifacts";
import { UPGRADEABLE } from "../../../lib/deployments/committedLayout";
import { layoutOf, layoutProblems } from "../../../lib/deployments/layout";
import type { Layout } from "../../../lib/deployments/layout";
import { erc7201Slot } from "../../../lib/deployments/storageSlots";

const OWN = "ccip-rebase-token.RebaseToken";

/** A layout whose own namespace has other members. */
function withMembers(
  layout: Layout,
  change: (members: Layout["variables"]) => Layout["variables"],
): Layout {
  const namespaces = layout.namespaces.map((space) =>
    space.id === OWN ? { ...space, members: change(space.members) } : space,
  );
  return { ...layout, namespaces };
}

/** A layout whose own namespace is looked for somewhere else. */
function withSlot(layout: Layout, slot: string | null): Layout {
  const namespaces = layout.namespaces.map((space) =>
    space.id === OWN ? { ...space, slot } : space,
  );
  return { ...layout, namespaces };
}

describe("Storage layouts of what is behind proxies", () => {
  const buildArtifacts = buildArtifactsOf(hre, recordsOf("local"));

  for (const contract of UPGRADEABLE) {
    it(`of ${contract} is what git keeps: else run "npm run generate:layouts", and look at the difference`, async () => {
      expect(await buildArtifacts.layout(contract)).to.deep.equal(buildArtifacts.committedLayout(contract));
    });
  }

  it("hold everything in namespaces, those of OpenZeppelin's bases included", () => {
    const { namespaces, variables } = buildArtifacts.committedLayout("RebaseToken");
    expect(variables).to.be.empty;
    expect(namespaces.map(({ id }) => id)).to.include.members([
      OWN,
      "openzeppelin.storage.ERC20",
      "openzeppelin.storage.AccessControl",
      "openzeppelin.storage.AccessControlDefaultAdminRules",
      "openzeppelin.storage.Nonces",
    ]);
  });

  it("tell where the code looks for each namespace, and that is where its name puts it", async () => {
    const { namespaces } = await buildArtifacts.layout("RebaseTokenNext");
    expect(namespaces.map(({ slot }) => slot)).to.deep.equal(
      namespaces.map(({ id }) => erc7201Slot(id)),
    );
  });

  it("follow a mistyped constant, a variable and a function that returns it", async () => {
    const trees = await syntaxTrees(hre, "RebaseToken");
    for (const id of [OWN, "openzeppelin.storage.Initializable"]) {
      const mistyped = erc7201Slot(id).replace(/^0x...../, "0x00000");
      const text = JSON.stringify(trees).replaceAll(erc7201Slot(id), mistyped);
      const layout = layoutOf(JSON.parse(text) as unknown[], "RebaseToken");
      expect(layoutProblems(buildArtifacts.committedLayout("RebaseToken"), layout)).to.deep.equal([
        `${id} is looked for at ${mistyped} and lies at ${erc7201Slot(id)}: all of it would read as zero`,
      ]);
    }
  });

  it("may be appended to, in a namespace or by one", async () => {
    const layout = buildArtifacts.committedLayout("RebaseToken");
    expect(layoutProblems(layout, await buildArtifacts.layout("RebaseTokenNext"))).to.be.empty;
    const longer = withMembers(layout, (members) => [...members, { name: "more", type: "uint8" }]);
    expect(layoutProblems(layout, longer)).to.be.empty;
  });

  const mistakes: [what: string, change: (layout: Layout) => Layout, problem: RegExp][] = [
    [
      "two members change places",
      (layout) =>
        withMembers(layout, ([first, second, ...rest]) =>
          first && second ? [second, first, ...rest] : [],
        ),
      /member 1, uint96 current, became uint96 next: keep order, names and types/,
    ],
    [
      "a member is put in between",
      (layout) => withMembers(layout, (members) => [{ name: "more", type: "uint8" }, ...members]),
      /member 1, uint96 current, became uint8 more/,
    ],
    [
      "a member gets another type",
      (layout) =>
        withMembers(layout, (members) =>
          members.map((item) => (item.name === "epoch" ? { ...item, type: "uint64" } : item)),
        ),
      /member 6, uint32 epoch, became uint64 epoch/,
    ],
    [
      "the last member is gone",
      (layout) => withMembers(layout, (members) => members.slice(0, -1)),
      /member 9, mapping\(address => uint256\) sharesOf, is gone/,
    ],
    [
      "a namespace has another name",
      (layout) => ({
        ...layout,
        namespaces: layout.namespaces.map((space) =>
          space.id === OWN ? { ...space, id: `${OWN}2` } : space,
        ),
      }),
      /^ccip-rebase-token\.RebaseToken is gone/,
    ],
    [
      "a namespace is looked for in another place than its name puts it",
      (layout) => withSlot(layout, `0x${"00".repeat(31)}07`),
      /^ccip-rebase-token\.RebaseToken is looked for at 0x0{63}7 and lies at 0xc51fda6d\w+2000: all of it would read as zero$/,
    ],
    [
      "nothing tells where a namespace is looked for",
      (layout) => withSlot(layout, null),
      /^ccip-rebase-token\.RebaseToken: nothing tells where it lies/,
    ],
    [
      "something lies outside of every namespace",
      (layout) => ({ ...layout, variables: [{ name: "loose", type: "uint256" }] }),
      /^loose lies outside of every namespace/,
    ],
  ];
  for (const [what, change, problem] of mistakes) {
    it(`are refused when ${what}`, () => {
      const layout = buildArtifacts.committedLayout("RebaseToken");
      expect(layoutProblems(layout, change(layout))[0]).to.match(problem);
    });
  }
});
