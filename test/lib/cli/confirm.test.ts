import { expect } from "chai";

import { confirm } from "../../../lib/cli/confirm";

const QUESTION = "Send 3 transactions to 2 chains of mesh testnet?";

describe("Leave to send", () => {
  let isTTY: boolean;
  before(() => {
    isTTY = process.stdin.isTTY;
    process.stdin.isTTY = false;
  });
  after(() => {
    process.stdin.isTTY = isTTY;
  });

  it("is not asked for on local chains, nor when it was given", async () => {
    await confirm(QUESTION, { live: false, yes: false });
    await confirm(QUESTION, { live: true, yes: true });
  });

  it("is never waited for where nobody can answer: the error says --yes", async () => {
    await expect(confirm(QUESTION, { live: true, yes: false })).to.be.rejectedWith(
      `${QUESTION} There is no terminal to answer: add --yes to the command`,
    );
  });
});
