import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { NonceManager, parseEther } from "ethers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { localAccount, startAnvil } from "ccip-localnet";
import type { Anvil } from "ccip-localnet";

import { deployRebaseToken } from "../../test/shared/deployRebaseToken";
import { LASTING_FAULTS, PASSING_FAULTS } from "../../test/shared/faults/endpointFaults";
import { startFaultyRpc } from "../../test/shared/faultyRpc";
import type { FaultyRpc } from "../../test/shared/faultyRpc";
import { RebaseToken__factory } from "../../typechain-types";
import { hex } from "../src/deployments";
import type { DeployedChain, MeshDescription } from "../src/deployments";

const CHAIN_ID = 31_398;
const directory = mkdtempSync(path.join(tmpdir(), "failing-"));
const ALICE = hex(localAccount(7).address);
const BOB = localAccount(8).address;

let anvil: Anvil;
let rpc: FaultyRpc;
let token: string;

// Each test loads the modules of a page anew.
vi.setConfig({ testTimeout: 60_000 });

/**
 * A chain with a token, of which Alice was issued 100 and has sent 30 on and 5 to herself, with other blocks between and
 * behind.
 */
beforeAll(async () => {
  const logFile = path.join(directory, "anvil.log");
  anvil = await startAnvil({ name: "failing", chainId: CHAIN_ID, logFile });
  const admin = new NonceManager(localAccount(0, anvil.provider));
  const issued = await deployRebaseToken(admin, { isHome: true });
  token = await issued.getAddress();
  await issued.grantRole(await issued.ISSUER_ROLE(), localAccount(0).address);
  await issued.mint(ALICE, parseEther("100"));
  await anvil.provider.send("anvil_mine", ["0x12c"]);
  const alice = localAccount(7, anvil.provider);
  await (await issued.connect(alice).transfer(BOB, parseEther("30"))).wait();
  await (await issued.connect(alice).transfer(ALICE, parseEther("5"))).wait();
  // A node that lags behind by two blocks has the same.
  await anvil.provider.send("anvil_mine", ["0x5"]);
  rpc = await startFaultyRpc(anvil.url);
}, 120_000);

afterAll(async () => {
  await rpc.close();
  await anvil.stop();
  rmSync(directory, { recursive: true });
});

/** The chain; only what is read here is described. */
function described(): { mesh: MeshDescription; chain: DeployedChain } {
  const chain = {
    name: "local-home",
    role: "home",
    chainId: CHAIN_ID,
    selector: 11n,
    rpcUrl: rpc.url,
    firstBlock: 0,
    contracts: { token },
    ccip: { link: token },
  } as unknown as DeployedChain;
  const mesh = { own: { token: RebaseToken__factory.abi }, chains: [chain], satellites: [] };
  return { mesh: mesh as unknown as MeshDescription, chain };
}

/** A value as a page shows it: it, or why it is unknown. */
type Shown<T> = { readonly value: T } | { readonly reason: string };

/** Reads what a page shows of an account that was just opened, and knows nothing. */
async function shown(): Promise<{
  readonly shares: Shown<bigint>;
  readonly moved: Shown<readonly bigint[]>;
}> {
  vi.resetModules();
  const { readHolding, readMovements } = await import("../src/data/holdings");
  const { reasonOf } = await import("../src/data/useReadings");
  const { mesh, chain } = described();
  const unlessUnread = <T>(reading: Promise<T>) =>
    reading.then(
      (value) => ({ value }),
      (error: unknown) => ({ reason: reasonOf(error) }),
    );
  const [shares, moved] = await Promise.all([
    unlessUnread(readHolding(mesh, chain, ALICE).then(({ value }) => value.shares)),
    unlessUnread(
      readMovements(mesh, chain, ALICE).then(({ value }) => value.map(({ shares: of }) => of)),
    ),
  ]);
  return { shares, moved };
}

/** A reason as the page shows it. */
const REASON = /^its endpoint/;
const SHARES_PER_TOKEN = 10n ** 24n;
const TRUE = {
  shares: { value: parseEther("70") * SHARES_PER_TOKEN },
  moved: {
    value: [parseEther("100") * SHARES_PER_TOKEN, -parseEther("30") * SHARES_PER_TOKEN],
  },
};

describe("What an account has and what has moved, through an endpoint that", () => {
  it("answers, is as it is", async () => {
    expect(await shown()).toEqual(TRUE);
  });

  for (const { title, begin } of PASSING_FAULTS) {
    it(`${title}, is as it is or unknown, with the reason`, async () => {
      rpc.inject(begin());
      const page = await shown();
      rpc.inject(() => "pass");
      const unread = { reason: expect.stringMatching(REASON) as string };
      expect(page.shares).toEqual("value" in page.shares ? TRUE.shares : unread);
      expect(page.moved).toEqual("value" in page.moved ? TRUE.moved : unread);
    });
  }

  for (const { title, begin } of LASTING_FAULTS) {
    it(`${title}, is unknown, with the reason`, async () => {
      rpc.inject(begin());
      const { moved } = await shown();
      rpc.inject(() => "pass");
      expect(moved).toEqual({ reason: expect.stringMatching(REASON) as string });
    });
  }
});
