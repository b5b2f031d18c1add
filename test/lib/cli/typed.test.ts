import { expect } from "chai";

import { coreMesh } from "../../../config/meshes/local";
import { typedTransfer } from "../../../lib/bridge/request";
import { typedLimit } from "../../../lib/mesh/limits/change";
import { requireMember } from "../../../lib/core/mesh/members";
import { MeshConfigError, parseMesh } from "../../../lib/core/mesh/parse";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import { typedGas, typedMessage } from "../../../lib/cli/message/typed";
import { requireSatellites } from "../../../lib/cli/rebase/broadcast";
import { chosenMembers } from "../../../lib/core/mesh/members";
import { parsePort } from "../../../lib/dashboard/serve";
import { parsePolicy } from "../../../lib/rebase/policy";
import { requestOf } from "../../../lib/rebase/request";
import { typedIssue } from "../../../lib/cli/token/mint";

const config = parseMesh(coreMesh(3));
const HOME = "local-home";
const SAT1 = "local-sat1";
const ACCOUNT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const ZERO = `0x${"0".repeat(40)}`;
/** An amount of 83 digits. */
const ENDLESS = "9".repeat(83);
const MOST_TOKENS = "411376139330301510538742295.639337626245683966 tokens";
const MOST_IN_A_BUCKET = "340282366920938463463.374607431768211455 tokens";

const transfer = (words: Partial<Parameters<typeof typedTransfer>[1]>) => () =>
  typedTransfer(config, { from: HOME, to: SAT1, amount: "1", ...words });
const limit = (words: Partial<Parameters<typeof typedLimit>[1]>) => () =>
  typedLimit(config, { from: HOME, to: SAT1, unlimited: false, closed: false, ...words });
const issue = (words: Partial<Parameters<typeof typedIssue>[1]>) => () =>
  typedIssue(config, { to: ACCOUNT, amount: "1", ...words });
const file = (change: (mesh: MeshInput) => Partial<MeshInput>) => () => {
  const mesh = coreMesh(3);
  parseMesh({ ...mesh, ...change(mesh) });
};

describe("Command-line input, before any chain is queried", () => {
  const cases: { what: string; read: () => unknown; says: string }[] = [
    {
      what: "a transfer from a chain to itself",
      read: transfer({ from: SAT1 }),
      says: `--from and --to are both ${SAT1}, and a lane leads from one chain to another`,
    },
    {
      what: "a transfer from a chain that is mistyped",
      read: transfer({ from: "local-hom" }),
      says: '--from "local-hom" is not in mesh local: name one of local-home, local-sat1, local-sat2; did you mean local-home?',
    },
    {
      what: "a transfer to an unknown chain without a similar name",
      read: transfer({ to: "nowhere" }),
      says: '--to "nowhere" is not in mesh local: name one of local-home, local-sat1, local-sat2.',
    },
    {
      what: "a transfer to the zero address",
      read: transfer({ receiver: ZERO }),
      says: `--receiver "${ZERO}" is the zero address`,
    },
    {
      what: "limits from a chain to itself",
      read: limit({ to: HOME, closed: true }),
      says: `--from and --to are both ${HOME}`,
    },
    {
      what: "a broadcast to the home",
      read: () => requireSatellites(config, [SAT1, HOME]),
      says: "--to local-home is the home of mesh local, from which broadcasts go to its satellites: name some of local-sat1, local-sat2.",
    },
    {
      what: "a broadcast to a satellite that is mistyped",
      read: () => requireSatellites(config, ["lokal-sat2"]),
      says: '--to "lokal-sat2" is not a satellite of mesh local: name one of local-sat1, local-sat2; did you mean local-sat2?',
    },
    {
      what: "a task for a chain that is mistyped",
      read: () => requireMember(config, "local-sat11", "--chain"),
      says: '--chain "local-sat11" is not in mesh local: name one of local-home, local-sat1, local-sat2; did you mean local-sat1?',
    },
    {
      what: "an upgrade of an unknown chain",
      read: () => chosenMembers(config, { chain: "nowhere", all: false }),
      says: '--chain "nowhere" is not in mesh local',
    },
    {
      what: "tokens for the zero address",
      read: issue({ to: ZERO }),
      says: `--to "${ZERO}" is the zero address`,
    },
    {
      what: "a transfer of 83 digits",
      read: transfer({ amount: ENDLESS }),
      says: `--amount "${ENDLESS}" is too much: write at most ${MOST_TOKENS}.`,
    },
    {
      what: "an issue of 83 digits",
      read: issue({ amount: ENDLESS }),
      says: `--amount "${ENDLESS}" is too much: write at most ${MOST_TOKENS}.`,
    },
    {
      what: "a transfer of nothing",
      read: transfer({ amount: "0.0" }),
      says: '--amount "0.0" is nothing: write more than 0.',
    },
    {
      what: "a capacity in wei",
      read: limit({ capacity: "5000000000000000000000", rate: "1" }),
      says: `--capacity "5000000000000000000000" is too much: write at most ${MOST_IN_A_BUCKET}.`,
    },
    {
      what: "a rate in wei",
      read: limit({ capacity: "5", rate: "5000000000000000000000" }),
      says: `--rate "5000000000000000000000" is too much: write at most ${MOST_IN_A_BUCKET}.`,
    },
    {
      what: "a negative capacity",
      read: limit({ capacity: "-5", rate: "1" }),
      says: '--capacity "-5" has a sign',
    },
    {
      what: "a capacity that the other end's bucket could not hold",
      read: limit({ capacity: "300000000000000000000", rate: "1" }),
      says: '"300000000000000000000" is too much: where it arrives there must be room for ',
    },
    {
      what: "an empty bucket",
      read: limit({ capacity: "0", rate: "0" }),
      says: "the rate must be above 0 and at most the capacity",
    },
    {
      what: "growth of 83 digits",
      read: () => requestOf({ percent: ENDLESS }),
      says: `--percent "${ENDLESS}" is too much: write at most 7822.8162514264337593543950335 %.`,
    },
    {
      what: "a loss of more than everything",
      read: () => requestOf({ percent: "-150" }),
      says: '--percent "-150" is too little: write at least -100.0 %.',
    },
    {
      what: "a factor beyond every possible bound",
      read: () => requestOf({ factor: "99999999999" }),
      says: '--factor "99999999999" is too much: write at most 79.228162514264337593543950335.',
    },
    {
      what: "a delay of centuries",
      read: () => requestOf({ percent: "1", delay: "60000d" }),
      says: '--delay "60000d" is too much: write at most 4294967295 s.',
    },
    {
      what: "a policy of 83 digits",
      read: () => parsePolicy({ percent: ENDLESS, every: "1d" }, "the options"),
      says: "is too much: write at most 7822.8162514264337593543950335 %.",
    },
    {
      what: "a port out of range",
      read: () => parsePort("65536"),
      says: '--port "65536" is too much: write at most 65535.',
    },
    {
      what: "a port by its name",
      read: () => parsePort("http"),
      says: '--port "http" is not a whole number: write digits only, for example 1.',
    },
    {
      what: "a url where a hash belongs",
      read: () => typedMessage(config, { hash: "https://ccip.chain.link/msg/0x12" }),
      says: '"https://ccip.chain.link/msg/0x12" is neither a message id nor a transaction hash',
    },
    {
      what: "half a block",
      read: () => typedMessage(config, { hash: `0x${"1".repeat(64)}`, chain: HOME, since: "1.5" }),
      says: '--since "1.5" is not a whole number',
    },
    {
      what: "more gas than CCIP accepts",
      read: () => typedGas({ tokenGas: "4294967296" }),
      says: '--token-gas "4294967296" is too much: write at most 4294967295 gas.',
    },
    {
      what: "gas in words",
      read: () => typedGas({ receiverGas: "300k" }),
      says: '--receiver-gas "300k" is not a whole number',
    },
    {
      what: "a mesh file with a capacity in wei",
      read: file(({ lanes }) => ({
        lanes: { ...lanes, outbound: { capacity: `5${"0".repeat(22)}`, rate: "1" } },
      })),
      says: `is too much: write at most ${MOST_IN_A_BUCKET}.`,
    },
    {
      what: "a mesh file with a bound of growth in wei",
      read: file(({ controller }) => ({
        controller: { ...controller, maxGrowthFactor: "1050000000000000000000000000" },
      })),
      says: "is too much: write at most 79.228162514264337593543950335.",
    },
  ];
  for (const { what, read, says } of cases) {
    it(`refuses ${what}`, () => {
      expect(read).to.throw().with.property("message").that.includes(says);
    });
  }

  it("accepts the largest capacity that its error names", () => {
    const most = /write at most "(\d+)"/.exec(
      messageOf(limit({ capacity: `3${"0".repeat(20)}`, rate: "1" })),
    )?.[1];
    expect(
      typedLimit(config, {
        from: HOME,
        to: SAT1,
        capacity: most,
        rate: "1",
        unlimited: false,
        closed: false,
      }),
    ).to.have.property("capacity", most);
    const above = String(BigInt(most ?? 0) + 1n);
    expect(limit({ capacity: above, rate: "1" })).to.throw(MeshConfigError);
  });
});

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("Nothing was refused.");
}
