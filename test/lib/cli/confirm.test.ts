import { PassThrough, Readable } from "node:stream";

import { expect } from "chai";

import { ask, confirm } from "../../../lib/cli/confirm";

const QUESTION = "Send 3 transactions to 2 chains of mesh testnet?";

describe("Confirmation before sending", () => {
  let isTTY: boolean;
  before(() => {
    isTTY = process.stdin.isTTY;
    process.stdin.isTTY = false;
  });
  after(() => {
    process.stdin.isTTY = isTTY;
  });

  it("is not requested on local chains, nor with --yes", async () => {
    await confirm(QUESTION, { live: false, yes: false });
    await confirm(QUESTION, { live: true, yes: true });
  });

  it("is never awaited without a terminal: the error names --yes", async () => {
    await expect(confirm(QUESTION, { live: true, yes: false })).to.be.rejectedWith(
      `${QUESTION} There is no terminal to answer: add --yes to the command`,
    );
  });

  it("treats the end of input as no answer", async () => {
    const streams = () => ({ input: Readable.from([]), output: new PassThrough() });
    await expect(ask(QUESTION, streams())).to.be.rejectedWith(
      "Nothing was sent: there was no answer.",
    );
    const answered = { ...streams(), input: Readable.from(["yes \n"]) };
    expect(await ask(QUESTION, answered)).to.equal("yes");
  });
});
