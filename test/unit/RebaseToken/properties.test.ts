import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import fc from "fast-check";

import { loadFixture } from "../../shared/fixture";
import { GENESIS_INDEX, MAX_INDEX, MAX_SHARES, MIN_INDEX, ODD_INDEX } from "../../shared/indexes";
import { propertyRuns } from "../../shared/propertyRuns";
import { RebaseTokenModel } from "../../shared/rebaseTokenModel";
import type { Operation, Outcome, Part } from "../../shared/rebaseTokenModel";
import {
  SATELLITE_EPOCH,
  genesisFixture,
  holdingsOf,
  unsyncedFixture,
} from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

/** Holders by number: Alice, Bob, Carol, and the bridge, through whose account units leave. */
const HOLDERS = 4;
const BRIDGE = 3;

const holder = fc.nat(HOLDERS - 1);
const part: fc.Arbitrary<Part> = fc.record({
  permille: fc.oneof(fc.constantFrom(0n, 1_000n), fc.bigInt(0n, 1_000n)),
  plus: fc.constantFrom(-1n, 0n, 0n, 1n),
});
const sharesPerToken = fc.oneof(
  fc.bigInt(GENESIS_INDEX / 2n, GENESIS_INDEX * 2n),
  fc.bigInt(MIN_INDEX, MAX_INDEX),
  fc.constantFrom(MIN_INDEX, GENESIS_INDEX, ODD_INDEX, MAX_INDEX),
);

const kind = fc.constant;
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: kind("transfer" as const), from: holder, to: holder, part }),
  fc.record({
    kind: kind("transferFrom" as const),
    from: holder,
    to: holder,
    spender: holder,
    part,
    allowed: part,
  }),
  fc.record({ kind: kind("transferShares" as const), from: holder, to: holder, part }),
  fc.record({ kind: kind("mint" as const), to: holder, amount: fc.bigInt(0n, 10n ** 22n) }),
  fc.record({ kind: kind("burn" as const), from: holder, part }),
  fc.record({ kind: kind("bridgeMint" as const), to: holder, part }),
  fc.record({ kind: kind("bridgeBurn" as const), part }),
  fc.record({
    kind: kind("rebase" as const),
    next: sharesPerToken,
    delaySeconds: fc.bigInt(0n, 5n),
  }),
  fc.record({ kind: kind("wait" as const), seconds: fc.bigInt(1n, 5n) }),
);

type Place = "home" | "satellite";

const START = {
  home: { isHome: true, epoch: 1n, sharesPerToken: GENESIS_INDEX, inFlight: 0n },
  satellite: {
    isHome: false,
    epoch: SATELLITE_EPOCH,
    sharesPerToken: ODD_INDEX,
    inFlight: 10n ** 45n,
  },
} as const;

/** Initial operations of every sequence, so that there are shares to move. */
const BEGINNINGS: Record<Place, readonly Operation[]> = {
  home: [
    { kind: "mint", to: 0, amount: 10n ** 21n },
    { kind: "mint", to: BRIDGE, amount: 3n * 10n ** 20n + 1n },
    { kind: "bridgeBurn", part: { permille: 500n, plus: 1n } },
  ],
  satellite: [
    { kind: "bridgeMint", to: 0, part: { permille: 1_000n, plus: 1n } },
    { kind: "bridgeMint", to: BRIDGE, part: { permille: 300n, plus: -1n } },
  ],
};

function modelOf(place: Place, now: bigint): RebaseTokenModel {
  return new RebaseTokenModel({ ...START[place], holders: HOLDERS, bridge: BRIDGE, now });
}

/** Invariants after any operation, on every chain. */
function brokenInvariants(model: RebaseTokenModel): string[] {
  const sumOf = (values: bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);
  const balances = sumOf(model.balances());
  const invariants = {
    "the shares of all holders are totalShares": sumOf(model.shares) === model.totalShares,
    "nobody owes": model.shares.every((shares) => shares >= 0n),
    "balances never exceed the supply": balances <= model.totalSupply(),
    "less than a unit per holder is dust":
      model.totalSupply() < balances + BigInt(model.shares.length),
    "totalShares stays within its range": model.totalShares <= MAX_SHARES,
    "home never holds more than was issued":
      !model.isHome || model.totalShares <= model.issuedShares,
    "the index stays within its bounds":
      model.sharesPerToken() >= MIN_INDEX && model.sharesPerToken() <= MAX_INDEX,
  };
  return Object.entries(invariants).flatMap(([title, holds]) => (holds ? [] : [title]));
}

/** By how much an operation in token units should change the balances of holders. */
function expectedChanges(operation: Operation, { refusal, amount }: Outcome): bigint[] | undefined {
  const changes = Array.from({ length: HOLDERS }, () => 0n);
  const change = (holder: number, by: bigint): void => {
    changes[holder] = (changes[holder] ?? 0n) + by;
  };
  if (refusal !== undefined) return changes;
  switch (operation.kind) {
    case "transfer":
    case "transferFrom":
      change(operation.from, -amount);
      change(operation.to, amount);
      return changes;
    case "mint":
      change(operation.to, amount);
      return changes;
    case "burn":
      change(operation.from, -amount);
      return changes;
    case "bridgeBurn":
      change(BRIDGE, -amount);
      return changes;
    case "transferShares":
    case "bridgeMint":
    case "rebase":
    case "wait":
      return undefined;
  }
}

/** Runs an operation on the model; the balances before it are those at the index of its own block. */
function runExactly(model: RebaseTokenModel, operation: Operation): Outcome {
  const sharesBefore = [...model.shares];
  const outcome = model.run(operation);

  const broken = brokenInvariants(model);
  const sharesPerToken = model.sharesPerToken();
  expectedChanges(operation, outcome)?.forEach((expected, holder) => {
    const before = (sharesBefore[holder] ?? 0n) / sharesPerToken;
    const change = model.balanceOf(holder) - before;
    if (change !== expected) broken.push(`holder ${holder} changes by ${expected}, not ${change}`);
  });
  if (broken.length > 0) throw new Error(`${operation.kind} breaks: ${broken.join("; ")}`);
  return outcome;
}

/** Sends an operation to the contract as it came to pass in the model, at the model's time. */
async function send(
  { token, issuer, rebaser, bridge, alice, bob, carol }: TokenWorld,
  model: RebaseTokenModel,
  operation: Operation,
  { amount, allowance, refusal }: Outcome,
): Promise<void> {
  const people = [alice, bob, carol, bridge];
  const person = (number: number): HardhatEthersSigner => {
    const found = people[number];
    if (!found) throw new RangeError(`there is no holder ${number}`);
    return found;
  };
  const approve = async (owner: number, spender: HardhatEthersSigner): Promise<void> => {
    await time.setNextBlockTimestamp(model.now - 1n);
    await token.connect(person(owner)).approve(spender, allowance);
  };
  const call = async (): Promise<unknown> => {
    switch (operation.kind) {
      case "transfer":
        return token.connect(person(operation.from)).transfer(person(operation.to), amount);
      case "transferFrom":
        return token
          .connect(person(operation.spender))
          .transferFrom(person(operation.from), person(operation.to), amount);
      case "transferShares":
        return token.connect(person(operation.from)).transferShares(person(operation.to), amount);
      case "mint":
        return token.connect(issuer).mint(person(operation.to), amount);
      case "burn":
        return token.connect(issuer).burn(person(operation.from), amount);
      case "bridgeMint":
        return token.connect(bridge).bridgeMint(person(operation.to), amount);
      case "bridgeBurn":
        return token.connect(bridge).bridgeBurn(amount);
      case "rebase": {
        const { epoch, current, next, effectiveAt } = model;
        return model.isHome
          ? token.connect(rebaser).rebase(epoch, next, effectiveAt)
          : token.connect(rebaser).sync(epoch, current, next, effectiveAt);
      }
      case "wait":
        return mine();
    }
  };

  if (operation.kind === "transferFrom") await approve(operation.from, person(operation.spender));
  if (operation.kind === "burn") await approve(operation.from, issuer);
  await time.setNextBlockTimestamp(model.now);
  if (refusal === undefined) await call();
  else await expect(call()).to.be.revertedWithCustomError(token, refusal);
}

async function readingsOf(world: TokenWorld, isHome: boolean): Promise<unknown> {
  const { token, alice, bob, carol, bridge } = world;
  const [holdings, issuedShares, index] = await Promise.all([
    holdingsOf(token, [alice, bob, carol, bridge]),
    isHome ? token.issuedShares() : 0n,
    token.indexState(),
  ]);
  return { ...holdings, issuedShares, index: [...index] };
}

function readingsOfModel(model: RebaseTokenModel): unknown {
  return {
    shares: model.shares,
    balances: model.balances(),
    totalShares: model.totalShares,
    totalSupply: model.totalSupply(),
    issuedShares: model.issuedShares,
    index: [model.epoch, model.current, model.next, model.effectiveAt],
  };
}

async function start(place: Place): Promise<TokenWorld> {
  if (place === "home") return loadFixture(genesisFixture);
  const world = await loadFixture(unsyncedFixture);
  const { epoch, sharesPerToken: k } = START.satellite;
  await world.token.connect(world.rebaser).sync(epoch, k, k, 0);
  return world;
}

describe("RebaseToken: properties", () => {
  for (const place of ["home", "satellite"] as const) {
    it(`the contract does what the model does, ${place} [A9, A10, I1, I2, I3, I5, I14]`, async () => {
      const seen = new Set<string>();
      await fc.assert(
        fc.asyncProperty(
          fc.array(operation, { minLength: 10, maxLength: 25, size: "max" }),
          async (operations) => {
            const world = await start(place);
            const model = modelOf(place, BigInt(await time.latest()));
            for (const next of [...BEGINNINGS[place], ...operations]) {
              const outcome = runExactly(model, next);
              await send(world, model, next, outcome);
              const readings = await readingsOf(world, model.isHome);
              expect(readings, next.kind).to.deep.equal(readingsOfModel(model));
              seen.add(`${next.kind}: ${outcome.refusal ?? "done"}`);
            }
          },
        ),
        propertyRuns(20),
      );
      expect([...seen].sort()).to.deep.equal(EVERYTHING[place]);
    });
  }
});

/** Cases that the sequences have to reach for the properties to mean anything. */
const EVERYTHING: Record<Place, readonly string[]> = {
  home: [
    "bridgeBurn: ERC20InsufficientBalance",
    "bridgeBurn: done",
    "bridgeMint: SharesExceedOutstanding",
    "bridgeMint: done",
    "burn: ERC20InsufficientBalance",
    "burn: done",
    "mint: done",
    "rebase: done",
    "transfer: ERC20InsufficientBalance",
    "transfer: done",
    "transferFrom: ERC20InsufficientAllowance",
    "transferFrom: ERC20InsufficientBalance",
    "transferFrom: done",
    "transferShares: InsufficientShares",
    "transferShares: done",
    "wait: done",
  ],
  satellite: [
    "bridgeBurn: ERC20InsufficientBalance",
    "bridgeBurn: done",
    "bridgeMint: done",
    "burn: NotHome",
    "mint: NotHome",
    "rebase: done",
    "transfer: ERC20InsufficientBalance",
    "transfer: done",
    "transferFrom: ERC20InsufficientAllowance",
    "transferFrom: ERC20InsufficientBalance",
    "transferFrom: done",
    "transferShares: InsufficientShares",
    "transferShares: done",
    "wait: done",
  ],
};
