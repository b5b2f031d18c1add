import { PassThrough, Readable } from "node:stream";

import { expect } from "chai";

import { ask, confirm } from "../../../lib/cli/confirm";

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

  it("takes the end of the input for no answer, and waits for none (M4)", async () => {
    const streams = () => ({ input: Readable.from([]), output: new PassThrough() });
    await expect(ask(QUESTION, streams())).to.be.rejectedWith(
      "Nothing was sent: there was no answer.",
    );
    const answered = { ...streams(), input: Readable.from(["yes \n"]) };
    expect(await ask(QUESTION, answered)).to.equal("yes");
  });
});
