import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  defineChain,
  http,
  parseEther,
  parseGwei,
} from "viem";
import type { Hex } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startAnvil } from "ccip-localnet";
import type { Anvil } from "ccip-localnet";

import { follow, syncStatusOf } from "../src/wallet/follow";
import type { Ledger, Outcome } from "../src/wallet/follow";
import { explain } from "../src/model/explain";
import { ending, gasLimit, whatStays } from "../src/wallet/transactions";

const CHAIN_ID = 31_399;
const directory = mkdtempSync(path.join(tmpdir(), "follow-"));

/** Starts a node that mines on request. */
async function openNode() {
  const anvil = await startAnvil({
    name: "followed",
    chainId: CHAIN_ID,
    logFile: path.join(directory, "anvil.log"),
  });
  const chain = defineChain({
    id: CHAIN_ID,
    name: "followed",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [anvil.url] } },
  });
  const transport = http(anvil.url);
  const node = createTestClient({ chain, transport, mode: "anvil" });
  await node.setAutomine(false);
  return {
    anvil,
    node,
    ledger: createPublicClient({ chain, transport, pollingInterval: 10 }),
    wallet: createWalletClient({ chain, transport }),
  };
}

let world: Awaited<ReturnType<typeof openNode>> & { anvil: Anvil };
let account: Hex;
let friend: Hex;

beforeAll(async () => {
  world = await openNode();
  [account, friend] = (await world.wallet.getAddresses()) as unknown as [Hex, Hex];
}, 60_000);

afterAll(async () => {
  await world.anvil.stop();
  rmSync(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  await world.node.mine({ blocks: 1 });
});

interface Offer {
  readonly to?: Hex;
  readonly data?: Hex;
  readonly value?: bigint;
}

const MEANT = { value: parseEther("1"), data: "0x1234" } as const;

/** Returns the transaction that the page requested from the wallet. */
const requested = ({ to = friend, data = "0x", value = 0n }: Offer) => ({ to, data, value });

/** Signs with the account's next nonce; a later round has a higher price than the previous one. */
async function sign(offer: Offer, round = 1): Promise<Hex> {
  const { ledger, wallet } = world;
  return wallet.sendTransaction({
    account,
    to: friend,
    nonce: await ledger.getTransactionCount({ address: account }),
    gas: 100_000n,
    maxFeePerGas: parseGwei(String(10 * round)),
    maxPriorityFeePerGas: parseGwei(String(2 * round)),
    ...offer,
  });
}

/** Tracks the first of several offers; `meanwhile` runs after tracking has started. */
async function followed(
  offers: readonly Offer[],
  meanwhile: (later: readonly Offer[]) => Promise<unknown>,
  { ledger = world.ledger, asked = MEANT }: { ledger?: Ledger; asked?: Offer } = {},
): Promise<Outcome & { first: Hex }> {
  const before = await syncStatusOf(world.ledger, account);
  // A user may take some blocks to sign.
  await world.node.mine({ blocks: 5 });
  const [meant = MEANT, ...later] = offers;
  const first = await sign(meant);
  let look = () => {};
  const looked = new Promise<void>((resolve) => (look = resolve));
  const outcome = follow(
    ledger,
    { hash: first, account, before, request: requested(asked) },
    {
      pollMs: 20,
      askWallet: (hash) => world.ledger.getTransaction({ hash }),
      onAttempt: () => look(),
    },
  );
  // A transaction that is replaced before the first look at the chain is never known.
  await looked;
  await meanwhile(later);
  return { ...(await outcome), first };
}

const replaceAndMine = async (later: readonly Offer[]) => {
  for (const [i, offer] of later.entries()) await sign(offer, i + 2);
  await world.node.mine({ blocks: 1 });
};

describe("Following a signed transaction", () => {
  it("is done under its own hash", async () => {
    const { first, ...outcome } = await followed([MEANT], replaceAndMine);
    expect(outcome).toEqual({ kind: "done", hash: first, isSpedUp: false });
  });

  it("is done under another hash when the wallet sped it up", async () => {
    const { first, ...outcome } = await followed([MEANT, MEANT], replaceAndMine);
    expect(outcome).toMatchObject({ kind: "done", isSpedUp: true });
    const hash = outcome.kind === "done" ? outcome.hash : first;
    expect(hash).not.toBe(first);
    expect(await world.ledger.getTransaction({ hash })).toMatchObject({ input: MEANT.data });
  });

  it.each<[string, () => Offer, Outcome["kind"]]>([
    ["nothing sent to oneself", () => ({ to: account, value: 0n }), "cancelled"],
    ["nothing with data sent to oneself", () => ({ to: account, data: "0x00" }), "cancelled"],
    ["a call of oneself", () => ({ to: account, data: "0x12345678" }), "replaced"],
    ["another value", () => ({ ...MEANT, value: 1n }), "replaced"],
    ["other data", () => ({ ...MEANT, data: "0x5678" }), "replaced"],
    ["another receiver", () => ({ ...MEANT, to: account }), "replaced"],
  ])("is not done when its nonce went to %s", async (_, later, kind) => {
    const outcome = await followed([MEANT, later()], replaceAndMine);
    expect(outcome.kind).toBe(kind);
  });

  it("is cancelled after it was sped up", async () => {
    const nothing = { to: account, value: 0n };
    const outcome = await followed([MEANT, MEANT, nothing], replaceAndMine);
    expect(outcome.kind).toBe("cancelled");
  });

  it("is found among many blocks that passed while the endpoint was unreachable", async () => {
    let isDown = false;
    const ledger = downWhen(() => isDown);
    const outcome = await followed(
      [MEANT, { to: account, value: 0n }],
      async (later) => {
        isDown = true;
        await replaceAndMine(later);
        await world.node.mine({ blocks: 50 });
        isDown = false;
      },
      { ledger },
    );
    expect(outcome.kind).toBe("cancelled");
  });

  it("is found through the wallet's node when the page's node has not seen it", async () => {
    const ledger: Ledger = {
      ...world.ledger,
      // A private pool: only the wallet's node knows unmined transactions.
      getTransaction: async () => {
        const { TransactionNotFoundError } = await import("viem");
        throw new TransactionNotFoundError({});
      },
    };
    const outcome = await followed([MEANT, { to: account, value: 0n }], replaceAndMine, {
      ledger,
    });
    expect(outcome.kind).toBe("cancelled");
  });

  it("is unknown, with the mined replacement, when no node ever saw it", async () => {
    const before = await syncStatusOf(world.ledger, account);
    const hash = await sign(MEANT);
    await world.node.dropTransaction({ hash });
    const other = await sign({ to: account });
    await world.node.mine({ blocks: 1 });
    const outcome = await follow(
      world.ledger,
      { hash, account, before, request: requested(MEANT) },
      {
        pollMs: 20,
        unseenMs: 200,
        askWallet: (sought) => world.ledger.getTransaction({ hash: sought }),
      },
    );
    expect(outcome).toEqual({ kind: "unknown", other });
  });

  it("is reported as unknown to all nodes when a wallet returned a proposal", async () => {
    const before = await syncStatusOf(world.ledger, account);
    const following = new AbortController();
    const attempts: boolean[] = [];
    await follow(
      world.ledger,
      { hash: `0x${"5a".repeat(32)}`, account, before, request: requested(MEANT) },
      {
        pollMs: 20,
        unseenMs: 1_000,
        askWallet: () => Promise.reject(new Error("no such transaction")),
        onAttempt: ({ isUnseen }) => {
          attempts.push(isUnseen);
          if (isUnseen) following.abort();
        },
        signal: following.signal,
      },
    );
    expect(attempts.length).toBeGreaterThan(1);
    expect(attempts.indexOf(true)).toBe(attempts.length - 1);
  });

  it("is unknown, never done, once following is stopped", async () => {
    const before = await syncStatusOf(world.ledger, account);
    const hash = await sign(MEANT);
    const outcome = await follow(
      world.ledger,
      { hash, account, before, request: requested(MEANT) },
      {
        pollMs: 20,
        askWallet: () => Promise.reject(new Error("no wallet")),
        signal: AbortSignal.timeout(200),
      },
    );
    expect(outcome).toEqual({ kind: "unknown" });
  });

  it("is reverted when it is mined and fails", async () => {
    // Code: revert(0, 0).
    const contract: Hex = "0x00000000000000000000000000000000000000fd";
    await world.node.setCode({ address: contract, bytecode: "0x5f5ffd" });
    const { first, ...outcome } = await followed([{ to: contract }], replaceAndMine, {
      asked: { to: contract },
    });
    expect(outcome).toEqual({ kind: "reverted", hash: first });
  });

  it.each<[string, () => Offer]>([
    [
      "other data, as of an approval that is given a lower limit",
      () => ({ ...MEANT, data: "0x5678" }),
    ],
    ["another value", () => ({ ...MEANT, value: 1n })],
    ["a call of the account itself, which wraps it", () => ({ to: account, data: "0x12345678" })],
  ])("is not done when the wallet signed %s from the start", async (_, signed) => {
    const { first, ...outcome } = await followed([signed()], replaceAndMine);
    expect(outcome).toEqual({ kind: "altered", by: first });
  });

  it("is not done when the wallet sped up an altered transaction", async () => {
    const signed = { ...MEANT, data: "0x5678" } as const;
    const outcome = await followed([signed, signed], replaceAndMine);
    expect(outcome.kind).toBe("altered");
  });

  it("is not done when another account sent it, as a bundler does", async () => {
    const before = await syncStatusOf(world.ledger, account);
    const hash = await world.wallet.sendTransaction({ account: friend, to: friend, gas: 100_000n });
    await world.node.mine({ blocks: 1 });
    const outcome = await follow(
      world.ledger,
      { hash, account, before, request: requested({}) },
      { pollMs: 20, askWallet: (sought) => world.ledger.getTransaction({ hash: sought }) },
    );
    expect(outcome).toEqual({ kind: "altered", by: hash });
  });

  it("is done when the wallet appends a marker to the data", async () => {
    const { first, ...outcome } = await followed(
      [{ ...MEANT, data: "0x1234abcd" }],
      replaceAndMine,
    );
    expect(outcome).toEqual({ kind: "done", hash: first, isSpedUp: false });
  });
});

/** Returns the chain, which throws while it is down. */
function downWhen(isDown: () => boolean): Ledger {
  return new Proxy(world.ledger, {
    get: (target, name: keyof Ledger) => {
      if (isDown()) throw new Error("The endpoint does not answer.");
      return target[name];
    },
  });
}

describe("The outcome of an unfinished action", () => {
  it("lists the completed steps, which a later rejection does not undo", () => {
    expect(explain({ code: 4001, message: "rejected" })).not.toContain("nothing changed");
    expect(whatStays(["approve 12.5 RUSD"])).toEqual([
      "What was done before it stays: approve 12.5 RUSD.",
    ]);
    expect(whatStays([])).toEqual([]);
  });

  const steps = [{ step: "approve 12.5 RUSD" }, { step: "send 12.5 RUSD" }];
  it.each([
    [{ kind: "cancelled", by: "0x1" }, [{}], 0, "You cancelled it: nothing was sent."],
    [
      { kind: "cancelled", by: "0x1" },
      steps,
      0,
      "You cancelled it: nothing was sent. Step 1 of 2 is not done: approve 12.5 RUSD.",
    ],
    [
      { kind: "cancelled", by: "0x1" },
      steps,
      1,
      "You cancelled it: nothing was sent. Step 2 of 2 is not done: send 12.5 RUSD. What was done before it stays: approve 12.5 RUSD.",
    ],
    [
      { kind: "replaced", by: "0x1" },
      [{}],
      0,
      "Your wallet put another transaction in its place, 0x1: this one was not sent.",
    ],
    [
      { kind: "altered", by: "0x1" },
      steps,
      0,
      "Your wallet sent another transaction than it was asked to, 0x1: whether it does what was meant is not known here. Nothing more is sent; look at it before you try again. Step 1 of 2 was: approve 12.5 RUSD.",
    ],
    [
      { kind: "reverted", hash: "0x1" },
      [{}],
      0,
      "It was mined and reverted: nothing changed but the gas spent.",
    ],
  ] as const)("%j at step %#", (outcome, calls, index, reason) =>
    expect(ending(outcome, calls, index)).toMatchObject({ reason }),
  );
});

describe("The gas limit of a transaction", () => {
  it.each([
    { what: "has a margin", gas: {}, limit: 130_000n },
    { what: "is no less than the call needs", gas: { minGas: 200_000n }, limit: 200_000n },
    {
      what: "has the gas for listeners beside the estimate",
      gas: { optionalGas: 200_000n },
      limit: 330_000n,
    },
  ])("$what", ({ gas, limit }) => expect(gasLimit(100_000n, gas)).toBe(limit));
});
