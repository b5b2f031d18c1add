import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, parseEther } from "ethers";
import { localAccount } from "ccip-localnet";
import { z } from "zod";

import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { coreMesh } from "../../../config/meshes/local";
import { sendTransfer } from "../../../lib/demo/transactions";
import { limitInput } from "../../../lib/mesh/limits/change";
import { showLimits } from "../../../lib/cli/limits/show";
import { setLimits } from "../../../lib/cli/limits/set";
import type { SetLimitsOptions } from "../../../lib/cli/limits/set";
import { signerFor } from "../../../lib/localnet/wiring";
import { encodeLimits, readBuckets } from "../../../lib/mesh/components/pool/contract";
import { checkMesh } from "../../../lib/cli/mesh/check";
import { showMesh } from "../../../lib/cli/mesh/show";
import { CLOSED, UNLIMITED, laneKey } from "../../../lib/core/mesh/limit";
import type { RateLimit } from "../../../lib/core/mesh/limit";
import type { MeshChain } from "../../../lib/core/mesh/mesh";
import { RebaseTokenPool__factory, RebaseToken__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { contextAt } from "../../shared/operatorContext";
import { impersonated, wiredMeshFixture } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";

const HOME = "local-home";
const SAT1 = "local-sat1";
const SAT2 = "local-sat2";
const LANE = `${HOME} -> ${SAT1}`;

const bucket = (capacity: string, rate: string): RateLimit => ({
  isEnabled: true,
  capacity: parseEther(capacity),
  rate: parseEther(rate),
});

const options = (wanted: Partial<SetLimitsOptions>): SetLimitsOptions => ({
  from: HOME,
  to: SAT1,
  unlimited: false,
  closed: false,
  allowDestructive: false,
  json: false,
  wait: false,
  confirm: () => Promise.resolve(),
  ...wanted,
});

describe("limits show", () => {
  it("reports that every lane is as declared, and each bucket's fill", async () => {
    const { context, output, printed } = contextAt(await loadFixture(wiredMeshFixture));
    const { wrong, lanes } = await showLimits(context, { json: false }, output);
    expect(wrong).to.be.empty;
    expect(lanes).to.have.length(6);
    expect(printed.join()).to.include(LANE).and.to.include("Every lane is as declared");
  });

  it("reports when a used bucket is full again", async () => {
    const world = await loadFixture(wiredMeshFixture);
    await send(world, "9000");
    const { context, output, printed } = contextAt(world);
    await showLimits(context, { json: false }, output);
    // 9,000 tokens at 100 a second.
    expect(row(printed, `leaves ${HOME}`)).to.match(/91,\d{3}\.\d\d \(91 %\).*in 1 min \d+ s/);
  });

  const faults: {
    what: string;
    at: string;
    outbound: RateLimit;
    inbound: RateLimit;
    says: string;
  }[] = [
    {
      what: "a limit that is not the declared one",
      at: HOME,
      outbound: bucket("5", "1"),
      inbound: bucket("129650.3712", "129.6503712"),
      says: `${LANE}: what may leave is 5 tokens, +1/s, not 100000 tokens, +100/s.`,
    },
    {
      what: "an arriving end that a full-size message would not fit after the rebases it may meet",
      at: HOME,
      outbound: bucket("100000", "100"),
      inbound: bucket("129650", "100"),
      says: `${SAT1} -> ${HOME}: a full-size message of 100,000.00 does not fit after the rebases it may meet: what arrives needs room for 129,650.37.`,
    },
    {
      what: "a limited end behind an unlimited one",
      at: HOME,
      outbound: UNLIMITED,
      inbound: bucket("129650.3712", "129.6503712"),
      says: `${LANE}: what leaves is unlimited, so that a message larger than what may arrive would be stuck`,
    },
  ];
  for (const { what, at, outbound, inbound, says } of faults) {
    it(`marks ${what}`, async () => {
      const world = await loadFixture(wiredMeshFixture);
      await setByHand(world, at, SAT1, outbound, inbound);
      const { context, output, printed } = contextAt(world);
      const { wrong } = await showLimits(context, { json: false }, output);
      expect(wrong).to.not.be.empty;
      expect(row(printed, what.startsWith("a limit that") ? "differs" : "too small")).to.not.equal(
        "",
      );
      expect(printed.join()).to.include(says);
    });
  }

  it("prints one JSON document with decimal strings", async () => {
    const { context, output, printed } = contextAt(await loadFixture(wiredMeshFixture));
    await showLimits(context, { json: true }, output);
    const [text = "", ...more] = printed;
    expect(more).to.be.empty;
    expect(JSON.parse(text)).to.deep.include({ mesh: "local", upToDate: true });
    expect(text).to.include(`"capacity": "${parseEther("100000")}"`);
  });

  describe("with fast transfers and verifiers", () => {
    const FAST = bucket("50", "1");

    it("lists them with their lane only, as mesh show does", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const verifier = await withFastAndVerifier(world);
      const lanes = {
        ...coreMesh().lanes,
        fast: { [LANE]: { finality: "safe" as const, capacity: "50", rate: "1" } },
        verifiers: { [LANE]: { source: [verifier], destination: [] } },
      };
      const { context, output, printed } = contextAt(world, { lanes });
      const { wrong } = await showLimits(context, { json: false }, output);
      const text = printed.join("\n");
      expect(row(printed, `leaves ${HOME} fast`))
        .to.include("50 tokens, +1/s")
        .and.include("same");
      expect(text.match(/leaves .* fast /g)).to.have.length(1);
      expect(text).to.include(`${HOME} asks for ${verifier}; ${SAT1} needs none.`);
      // What arrives fast has no room yet.
      expect(wrong.map(laneKey)).to.deep.equal([LANE]);
      expect(text).to.include(`${LANE}: what may arrive fast is none, not 64.8251856 tokens`);

      const shown = contextAt(world, { lanes });
      await showMesh(shown.context, { json: false }, shown.output);
      expect(row(shown.printed, "  fast")).to.match(/50 tokens, \+1\/s.*none/);
      expect(row(shown.printed, "  verifiers")).to.match(new RegExp(`${verifier}.*none`));
    });

    it("names those that differ from the mesh file, as text and as JSON", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const verifier = await withFastAndVerifier(world);
      const { context, output, printed } = contextAt(world);
      await showLimits(context, { json: false }, output);
      const text = printed.join("\n");
      expect(text).to.include(`${LANE}: what may leave fast is 50 tokens, +1/s, not none.`);
      expect(text).to.include(`${LANE}: the verifiers at ${HOME} are ${verifier}, not none.`);

      const machine = contextAt(world);
      await showLimits(machine.context, { json: true }, machine.output);
      const { lanes } = z
        .object({ lanes: z.array(z.looseObject({ source: z.string() })) })
        .parse(JSON.parse(machine.printed.join()));
      expect(lanes.filter((lane) => "fast" in lane)).to.have.length(1);
      expect(lanes[0]?.verifiers).to.deep.include({
        source: { declared: [], actual: [verifier], differs: true },
      });
    });

    /** Lets fast transfers leave home for the first satellite, and has a verifier asked there; returns it. */
    async function withFastAndVerifier(world: MeshWorld): Promise<string> {
      const [home, { selector }] = [world.mesh.home, chainOf(world, SAT1)];
      const admin = await signerFor(home, world.mesh.config.roles.rateLimitAdmin);
      const data = encodeLimits(2, selector, FAST, UNLIMITED, true);
      await (await admin.sendTransaction({ to: home.contracts.pool, data })).wait();
      const verifier = home.contracts.broadcaster;
      const timelock = await impersonated(home, home.contracts.timelock);
      const pool = RebaseTokenPool__factory.connect(home.contracts.pool, timelock);
      await (await pool.setVerifiers(selector, 0, [verifier])).wait();
      return verifier;
    }
  });
});

describe("limits set", () => {
  it("widens the receiving end before the sending end, and prints the line for the mesh file", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { context, output, printed, said } = contextAt(world);
    await setLimits(context, options({ capacity: "250000", rate: "50" }), output);
    expect(doneIn(said)).to.deep.equal([
      `${SAT1}/pool/room for ${HOME}`,
      `${HOME}/pool/limits ${SAT1}`,
    ]);
    // 5 % of headroom and two rebases of -10 % that the destination has missed.
    expect(await limitsOf(world, SAT1, HOME, "inbound")).to.deep.equal(
      bucket("324125.928", "64.8251856"),
    );
    expect(await limitsOf(world, HOME, SAT1, "outbound")).to.deep.equal(bucket("250000", "50"));
    expect(printed).to.deep.equal([
      `${LANE}: 250000 tokens, +50/s.\nmesh local: 2 transactions sent, nothing left to do.`,
    ]);
    expect(said.at(-1))
      .to.include('"mesh check --mesh local" reports it')
      .and.to.include(`"${LANE}": { capacity: "250000", rate: "50" },`);
  });

  it("matches the printed line: the mesh is as declared with it in the file, and not without it", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { context, output } = contextAt(world);
    await setLimits(context, options({ capacity: "250000", rate: "50" }), output);
    expect((await checkMesh(context, { json: false }, output)).differences).to.have.length(2);
    const { lanes } = coreMesh();
    const pairs = { [LANE]: { capacity: "250000", rate: "50" } };
    const declared = contextAt(world, { lanes: { ...lanes, pairs } });
    expect((await checkMesh(declared.context, { json: false }, output)).differences).to.be.empty;
    const { said } = declared;
    await setLimits(declared.context, options({ capacity: "250000", rate: "50" }), declared.output);
    expect(said.join()).to.not.include("lanes.pairs");
  });

  it("narrows the sending end before the receiving end", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { context, output, said } = contextAt(world);
    await setLimits(context, options({ capacity: "10", rate: "1" }), output);
    expect(doneIn(said)).to.deep.equal([
      `${HOME}/pool/limits ${SAT1}`,
      `${SAT1}/pool/limits ${HOME}`,
    ]);
  });

  it("leaves the opposite direction of the lane alone", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { context, output } = contextAt(world);
    await setLimits(context, options({ closed: true }), output);
    expect(await limitsOf(world, SAT1, HOME, "outbound")).to.deep.equal(bucket("100000", "100"));
    expect(await limitsOf(world, HOME, SAT1, "inbound")).to.deep.equal(
      bucket("129650.3712", "129.6503712"),
    );
  });

  it("does not revert an undeclared change of the opposite direction", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { context, output } = contextAt(world);
    await setLimits(context, options({ closed: true }), output);
    await setLimits(context, options({ from: SAT1, to: HOME, closed: true }), output);
    for (const [at, peer] of [
      [HOME, SAT1],
      [SAT1, HOME],
    ] as const) {
      expect(await limitsOf(world, at, peer, "outbound")).to.deep.equal(CLOSED);
      expect(await limitsOf(world, at, peer, "inbound")).to.deep.equal(CLOSED);
    }
  });

  it("sends only changes: nothing the second time, without a prompt", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { context, output, printed } = contextAt(world);
    const wanted = {
      capacity: "100000",
      rate: "100",
      inboundCapacity: "200000",
      inboundRate: "200",
    };
    expect(await setLimits(context, options(wanted), output)).to.deep.equal({ sent: 1, open: [] });
    const confirm = () => Promise.reject(new Error("asked"));
    await setLimits(context, options({ ...wanted, confirm }), output);
    expect(printed.at(-1)).to.include("0 transactions sent, nothing left to do.");
  });

  describe("with messages in flight", () => {
    /** A context that ends where messages would have to arrive first. */
    const impatient = (world: MeshWorld) => {
      const { context, ...rest } = contextAt(world);
      return { context: { ...context, passTime: undefined }, ...rest };
    };

    it("closes the sending end, and the receiving end once they have arrived", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const messageId = await send(world, "50");
      const { context, output, printed } = impatient(world);
      const { sent, open } = await setLimits(context, options({ closed: true }), output);
      expect(sent).to.equal(1);
      expect(open.map(({ id }) => id)).to.deep.equal([`${SAT1}/pool/close to ${HOME}`]);
      expect(printed.at(-1)).to.include("1 message to arrive").and.include(messageId);
      expect(await limitsOf(world, HOME, SAT1, "outbound")).to.deep.equal(CLOSED);
      await world.ccip.deliver();
      expect((await setLimits(context, options({ closed: true }), output)).open).to.be.empty;
      expect(await limitsOf(world, SAT1, HOME, "inbound")).to.deep.equal(CLOSED);
      expect(await balanceOn(world, SAT1)).to.equal(parseEther("50"));
    });

    it("closes both with --allow-destructive", async () => {
      const world = await loadFixture(wiredMeshFixture);
      await send(world, "50");
      const { context, output } = impatient(world);
      await setLimits(context, options({ closed: true, allowDestructive: true }), output);
      expect(await limitsOf(world, SAT1, HOME, "inbound")).to.deep.equal(CLOSED);
    });

    it("narrows only as far as they still fit", async () => {
      const world = await loadFixture(wiredMeshFixture);
      await send(world, "50");
      const { context, output } = impatient(world);
      const tight = await setLimits(context, options({ capacity: "38", rate: "1" }), output);
      expect(tight.open.map(({ id }) => id)).to.deep.equal([`${SAT1}/pool/limits ${HOME}`]);
      const roomy = await setLimits(context, options({ capacity: "39", rate: "1" }), output);
      expect(roomy.open).to.be.empty;
    });

    it("narrows only as far as they fit after a rebase that the destination has not received", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const { home } = world.mesh;
      await send(world, "50");
      const controller = await impersonated(home, home.contracts.controller);
      const token = RebaseToken__factory.connect(home.contracts.token, controller);
      const [{ next }, block] = await Promise.all([
        token.indexState(),
        home.provider.getBlock("latest"),
      ]);
      // +10 % on 50 tokens is more than the 51.86 that fit after 40 tokens have been raised.
      const effectiveAt = (block?.timestamp ?? 0) + 600;
      await (await token.rebase(2n, (next * 10n) / 11n, effectiveAt)).wait();
      const { context, output } = impatient(world);
      const { open } = await setLimits(context, options({ capacity: "40", rate: "1" }), output);
      expect(open.map(({ id }) => id)).to.deep.equal([`${SAT1}/pool/limits ${HOME}`]);
    });
  });

  describe("refuses", () => {
    const refusals: { what: string; wanted: Partial<SetLimitsOptions>; says: string | RegExp }[] = [
      {
        what: "an arriving end that a full-size message would not fit",
        wanted: { capacity: "1000", rate: "1", inboundCapacity: "1270", inboundRate: "2" },
        says: `lanes.pairs.${LANE}.inbound.capacity: "1270" is too small: a full-size message of 1000 would not fit after the rebases it may meet; write at least "1296.503712"`,
      },
      {
        what: "a rate above the capacity",
        wanted: { capacity: "10", rate: "11" },
        says: "the rate must be above 0 and at most the capacity",
      },
      {
        what: "a rate of nothing",
        wanted: { capacity: "10", rate: "0" },
        says: "the rate must be above 0",
      },
      {
        what: "what is no amount",
        wanted: { capacity: "1e3", rate: "1" },
        says: '--capacity "1e3" may mean 0.000000000000001 or 1000',
      },
      {
        what: "a chain that is not in the mesh",
        wanted: { to: "op-sepolia", closed: true },
        says: `--to "op-sepolia" is not in mesh local: name one of ${HOME}, ${SAT1}, ${SAT2}.`,
      },
      {
        what: "a lane from a chain to itself",
        wanted: { to: HOME, closed: true },
        says: `--from and --to are both ${HOME}`,
      },
    ];
    for (const { what, wanted, says } of refusals) {
      it(what, async () => {
        const world = await loadFixture(wiredMeshFixture);
        const { context, output } = contextAt(world);
        await expect(setLimits(context, options(wanted), output)).to.be.rejectedWith(says);
        expect(await limitsOf(world, HOME, SAT1, "outbound")).to.deep.equal(
          bucket("100000", "100"),
        );
      });
    }

    it("an unlimited lane from satellite to satellite on a live mesh", async () => {
      const { context, output } = contextAt(await loadFixture(wiredMeshFixture), { live: true });
      const wanted = { from: SAT1, to: SAT2, unlimited: true };
      await expect(setLimits(context, options(wanted), output)).to.be.rejectedWith(
        '"unlimited" from satellite to satellite',
      );
    });

    it("a lane that is not wired", async () => {
      const world = await loadFixture(wiredMeshFixture);
      await forget(world, SAT1, HOME);
      const { context, output } = contextAt(world);
      await expect(setLimits(context, options({ closed: true }), output)).to.be.rejectedWith(
        `The pool of ${SAT1} does not know ${HOME}, so there is no lane between them: wire it with "mesh apply --mesh local".`,
      );
    });
  });

  it("leaves steps without a key to the rate limit admin, and reports it", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { rateLimitAdmin } = world.mesh.config.roles;
    const { context, output, printed } = contextAt(world, {}, [rateLimitAdmin]);
    const { sent, open } = await setLimits(context, options({ closed: true }), output);
    expect([sent, open.length]).to.deep.equal([0, 2]);
    expect(printed.join().replace(/\s+/g, " ")).to.include(
      `${rateLimitAdmin} (rate limit admin of the pool) to sign`,
    );
  });

  it("uses the timelock, the pool's owner, when there is no rate limit admin", async () => {
    const world = await loadFixture(wiredMeshFixture);
    for (const chain of [world.mesh.home, ...world.mesh.satellites]) {
      const timelock = await impersonated(chain, chain.contracts.timelock);
      const pool = RebaseTokenPool__factory.connect(chain.contracts.pool, timelock);
      const { router } = await pool.getDynamicConfig();
      await (await pool.setDynamicConfig(router, ZeroAddress, ZeroAddress)).wait();
    }
    const { context, output } = contextAt(world);
    const result = await setLimits(context, options({ closed: true }), output);
    expect(result).to.deep.equal({ sent: 4, open: [] });
  });

  it("prints one JSON document", async () => {
    const { context, output, printed } = contextAt(await loadFixture(wiredMeshFixture));
    await setLimits(context, options({ closed: true, json: true }), output);
    const [text = "", ...more] = printed;
    expect(more).to.be.empty;
    expect(JSON.parse(text)).to.deep.include({
      mesh: "local",
      source: HOME,
      destination: SAT1,
      meshFile: { upToDate: false, pairs: `"${LANE}": "closed",` },
    });
  });

  describe("refuses", () => {
    const none = { unlimited: false, closed: false };
    const cases: { typed: Parameters<typeof limitInput>[0]; says: string }[] = [
      { typed: none, says: "Say one of --capacity" },
      { typed: { unlimited: true, closed: true }, says: "Say one of --capacity" },
      { typed: { ...none, capacity: "1" }, says: "--capacity needs --rate" },
      { typed: { ...none, closed: true, rate: "1" }, says: "--rate only goes with --capacity" },
      {
        typed: { ...none, capacity: "1", rate: "1", inboundRate: "1" },
        says: "--inbound-capacity and --inbound-rate go together",
      },
      {
        typed: { ...none, unlimited: true, inboundCapacity: "1" },
        says: "--inbound-capacity only goes with --capacity",
      },
    ];
    for (const { typed, says } of cases) {
      it(`the value ${JSON.stringify(typed)}`, () =>
        expect(() => limitInput(typed)).to.throw(says));
    }
  });
});

/** The steps that were done, in order. */
function doneIn(said: readonly string[]): string[] {
  return said.flatMap((text) => /^done {5}(.*)$/.exec(text)?.[1] ?? []);
}

function row(printed: readonly string[], text: string): string {
  return (
    printed
      .join("\n")
      .split("\n")
      .find((line) => line.includes(text)) ?? ""
  );
}

function chainOf({ mesh }: MeshWorld, name: string): MeshChain {
  const chain = [mesh.home, ...mesh.satellites].find((candidate) => candidate.name === name);
  if (!chain) throw new Error(`There is no ${name}.`);
  return chain;
}

async function limitsOf(
  world: MeshWorld,
  at: string,
  peer: string,
  end: "outbound" | "inbound",
): Promise<RateLimit> {
  const { contracts, provider } = chainOf(world, at);
  const buckets = await readBuckets(provider, contracts.pool, chainOf(world, peer).selector);
  const { isEnabled, capacity, rate } = buckets[end];
  return { isEnabled, capacity, rate };
}

async function setByHand(
  world: MeshWorld,
  at: string,
  peer: string,
  outbound: RateLimit,
  inbound: RateLimit,
): Promise<void> {
  const chain = chainOf(world, at);
  const admin = await signerFor(chain, world.mesh.config.roles.rateLimitAdmin);
  const data = encodeLimits(2, chainOf(world, peer).selector, outbound, inbound);
  await (await admin.sendTransaction({ to: chain.contracts.pool, data })).wait();
}

async function forget(world: MeshWorld, at: string, peer: string): Promise<void> {
  const chain = chainOf(world, at);
  const timelock = await impersonated(chain, chain.contracts.timelock);
  const pool = RebaseTokenPool__factory.connect(chain.contracts.pool, timelock);
  await (await pool.applyChainUpdates([chainOf(world, peer).selector], [])).wait();
}

/** Sends tokens from home to the first satellite, and leaves them on their way. */
async function send(world: MeshWorld, tokens: string): Promise<string> {
  const { home } = world.mesh;
  const destination = chainOf(world, SAT1);
  const amount = parseEther(tokens);
  const alice = localAccount(LOCAL_HOLDERS.alice, home.provider);
  const issuer = await signerFor(home, world.mesh.config.roles.issuer);
  await (
    await RebaseToken__factory.connect(home.contracts.token, issuer).mint(alice.address, amount)
  ).wait();
  // The buckets of a lane that was just opened fill up first.
  await time.increase(3_600);
  const transfer = { source: home, destination, receiver: alice.address, amount };
  const { message } = await sendTransfer(transfer, alice);
  return message.messageId;
}

function balanceOn(world: MeshWorld, name: string): Promise<bigint> {
  const { contracts, provider } = chainOf(world, name);
  const token = RebaseToken__factory.connect(contracts.token, provider);
  return token.balanceOf(localAccount(LOCAL_HOLDERS.alice).address);
}
