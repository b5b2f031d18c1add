import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { runHardhat } from "../shared/hardhatProcess";

const LANE = "--from local-home --to local-sat1";
const ENDLESS = "9".repeat(83);
const MOST_TOKENS = "411376139330301510538742295.639337626245683966 tokens";

describe("Command-line input, while no chain answers", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "typed-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  const cases: { row: "M5" | "M8"; typed: string; says: string }[] = [
    {
      row: "M5",
      typed: "bridge send --from local-home --to local-home --amount 1",
      says: "--from and --to are both local-home, and a lane leads from one chain to another",
    },
    {
      row: "M5",
      typed: "limits set --from local-sat1 --to local-sat1 --closed",
      says: "--from and --to are both local-sat1",
    },
    {
      row: "M5",
      typed: "rebase broadcast --to local-sat1,lokal-sat2",
      says: '--to "lokal-sat2" is not a satellite of mesh local: name one of local-sat1, local-sat2; did you mean local-sat2?',
    },
    {
      row: "M5",
      typed: "token pause --chain nowhere",
      says: '--chain "nowhere" is not in mesh local: name one of local-home, local-sat1, local-sat2.',
    },
    {
      row: "M5",
      typed: "message doctor https://ccip.chain.link/msg/0x12",
      says: '"https://ccip.chain.link/msg/0x12" is neither a message id nor a transaction hash: both are 0x and 64 hexadecimal digits.',
    },
    {
      row: "M8",
      typed: "rebase execute --percent 1 --epoch 1.5",
      says: '--epoch "1.5" is not a whole number: write digits only, for example 1.',
    },
    {
      row: "M8",
      typed: "rebase history --limit 0",
      says: '--limit "0" is too little: write at least 1.',
    },
    {
      row: "M8",
      typed: "localnet start --chains 2.5",
      says: '--chains "2.5" is not a whole number',
    },
    {
      row: "M8",
      typed: `bridge send ${LANE} --amount ${ENDLESS}`,
      says: `--amount "${ENDLESS}" is too much: write at most ${MOST_TOKENS}.`,
    },
  ];
  for (const { row, typed, says } of cases) {
    it(`is refused with the expected input: ${typed.replace(ENDLESS, "9999…")} (${row})`, async () => {
      const { code, stdout, stderr } = await runHardhat(directory, typed.split(" ")).ended;
      expect([code, stdout]).to.deep.equal([1, ""]);
      expect(stderr).to.include(says);
      expect(stderr.trim().split("\n").length, stderr).to.be.at.most(2);
    });
  }
});
