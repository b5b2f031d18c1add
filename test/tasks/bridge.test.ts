import path from "node:path";

import { expect } from "chai";
import { JsonRpcProvider, parseEther } from "ethers";
import { z } from "zod";
import { localAccount } from "ccip-localnet";

import { LOCAL_HOLDERS, LOCAL_ROLES } from "../../config/localAccounts";
import { readManifest } from "../../lib/localnet/manifest";
import { DeploymentStore } from "../../lib/deployments/store";
import { RebaseToken__factory } from "../../typechain-types";
import { startTerminals } from "../shared/terminal";
import type { Outcome } from "../shared/surroundings";
import type { Terminals } from "../shared/terminal";

const ALICE = localAccount(LOCAL_HOLDERS.alice).address;

const sentSchema = z.object({
  messageId: z.string(),
  transactionHash: z.string(),
  stage: z.literal("executed"),
});

const auditSchema = z.object({
  conserved: z.boolean(),
  difference: z.literal("0"),
  chains: z.array(z.object({ chain: z.string(), blockNumber: z.int(), totalShares: z.string() })),
});

describe("hardhat bridge and supply, beside a local network in another terminal", () => {
  let terminals: Terminals;

  before(async () => {
    terminals = await startTerminals();
  });

  after(() => terminals.close());

  const run = (...args: string[]): Promise<Outcome> => terminals.run(args);
  const lane = ["--from", "local-home", "--to", "local-sat1", "--account", ALICE];

  it("quotes with obstacles, sends and follows, reports progress, and accounts for every share", async () => {
    const poor = await run("bridge", "quote", ...lane, "--amount", "12.5");
    expect(poor.code, poor.stderr).to.equal(2);
    expect(poor.stdout).to.include(`In the way: ${ALICE} has 0 tokens on local-home`);

    await mint(parseEther("100"));
    const sent = await run("bridge", "send", ...lane, "--amount", "12.5", "--json");
    expect(sent.code, sent.stderr).to.equal(0);
    expect(sent.stderr).to.include("executed on local-sat1");
    const { messageId } = sentSchema.parse(JSON.parse(sent.stdout));

    const status = await run("bridge", "status", messageId);
    expect(status.code, status.stderr).to.equal(0);
    expect(status.stdout).to.match(/\n {2}executed on local-sat1 in 0x\w{64}\n$/);

    const audit = await run("supply", "audit", "--json");
    expect(audit.code, audit.stderr).to.equal(0);
    const { conserved, chains } = auditSchema.parse(JSON.parse(audit.stdout));
    expect(conserved).to.equal(true);
    expect(chains.map(({ chain }) => chain)).to.deep.equal([
      "local-home",
      "local-sat1",
      "local-sat2",
    ]);
    expect(BigInt(chains[1]?.totalShares ?? 0)).to.be.greaterThan(0n);
  });

  async function mint(amount: bigint): Promise<void> {
    const home = readManifest(terminals.directory)?.chains[0];
    const provider = new JsonRpcProvider(home?.url);
    const records = path.join(terminals.directory, "deployments/local/local-home");
    const token = RebaseToken__factory.connect(
      new DeploymentStore(records).get("RebaseToken").address,
      localAccount(LOCAL_ROLES.issuer, provider),
    );
    await (await token.mint(ALICE, amount)).wait();
    provider.destroy();
  }
});
