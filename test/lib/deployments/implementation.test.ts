import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { recordedImplementation } from "../../../lib/deployments/implementation";
import { DeploymentStore } from "../../../lib/deployments/store";

const [FIRST, SECOND, THIRD, PROXY] = [1, 2, 3, 4].map(
  (digit) => `0x${String(digit).repeat(40)}`,
) as [string, string, string, string];

const NAME = "RebaseToken_Implementation";
const initial = { RebaseToken: { address: PROXY, implementation: FIRST } };

describe("The implementation of the token on record", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "implementation-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const [what, records, expected] of [
    ["is unknown without a record", {}, undefined],
    [
      "is that of the proxy as long as no other was deployed",
      initial,
      { address: FIRST, migration: "0x", previous: [] },
    ],
    [
      "is the proxy's own, deployed once: nothing comes before it",
      { ...initial, [NAME]: { address: FIRST } },
      { address: FIRST, migration: "0x", previous: [] },
    ],
    [
      "is the newest one, with its migration, after the proxy's own",
      { ...initial, [NAME]: { address: SECOND, linkedData: { migration: "0x1234", layout: {} } } },
      { address: SECOND, migration: "0x1234", previous: [FIRST] },
    ],
    [
      "is the one without a number, after those with one",
      {
        ...initial,
        [NAME]: { address: THIRD, linkedData: { migration: "0x56", layout: {} } },
        [`${NAME}_1`]: { address: SECOND, linkedData: { migration: "0x1234", layout: {} } },
      },
      { address: THIRD, migration: "0x56", previous: [SECOND, FIRST] },
    ],
    [
      "is an earlier one that was put in use again",
      { ...initial, [NAME]: { address: FIRST }, [`${NAME}_1`]: { address: SECOND } },
      { address: FIRST, migration: "0x", previous: [SECOND] },
    ],
  ] as const) {
    it(what, () => {
      const store = new DeploymentStore(folder);
      for (const [name, record] of Object.entries(records)) {
        writeFileSync(store.fileOf(name), JSON.stringify({ abi: [], ...record }));
      }
      expect(recordedImplementation(store)).to.deep.equal(expected);
    });
  }
});
