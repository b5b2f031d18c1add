import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { AbiCoder, Contract, ZeroAddress, formatEther, parseEther } from "ethers";
import { released, toRouterMessage } from "ccip-localnet/protocol";

import { readWrappedArrival } from "../../../lib/ccip/wrapped";
import { showStatus } from "../../../lib/cli/bridge/status";
import { showQuote } from "../../../lib/cli/bridge/quote";
import { bridgeTokens } from "../../../lib/cli/bridge/send";
import type { SendTaskOptions } from "../../../lib/cli/bridge/send";
import { showMesh } from "../../../lib/cli/mesh/show";
import { showAudit } from "../../../lib/cli/supply/audit";
import { wrapTokens } from "../../../lib/cli/token/wrap";
import type { WrapOptions } from "../../../lib/cli/token/wrap";
import { abi, contractAt } from "../../../lib/core/abis";
import { OperatorError } from "../../../lib/core/errors";
import type { MeshChain } from "../../../lib/core/mesh/mesh";
import { SHARES_PER_WRAPPED } from "../../../lib/core/units";

import { sendData } from "../../shared/ccipMessages";
import { CCIP_VERSION } from "../../shared/ccipVersion";
import { hookedContextAt } from "../../shared/operatorContext";
import { diagnose, follow } from "../../shared/doctorFixture";
import { impersonate } from "../../shared/impersonate";
import { expectSuccess, mined, useWorld } from "../../shared/scenario";
import type { Account, Route, Scenario } from "../../shared/scenario";
import { completeWorld } from "../../shared/world";

const TEN = parseEther("10");

describe(`Wrapped units in tasks (CCIP ${CCIP_VERSION})`, () => {
  const scenario = useWorld(async (s) => {
    await s.mint("alice", parseEther("300000"));
    await s.give(s.sat1, "alice", parseEther("1000"));
    await s.refillBuckets();
    // Odd, so that nothing is a whole number of units.
    await s.rebase("3.7");
    for (const chain of [s.home, s.sat1]) {
      const alice = s.signer(chain, "alice");
      const wrapper = wrapperOn(chain, s, "alice");
      await mined(s.tokenOn(chain, "alice").approve(wrapper, parseEther("500")));
      await mined(wrapper.wrapShares(parseEther("100"), alice));
      await mined(s.tokenOn(chain, "alice").approve(wrapper, 0n));
    }
  }, completeWorld);

  const route = (): Route => ({ from: scenario().home, to: scenario().sat1 });

  const wrap = (
    change: Partial<WrapOptions> = {},
    at = hookedContextAt(scenario()),
  ): ReturnType<typeof wrapTokens> =>
    wrapTokens(
      at.context,
      {
        action: "wrap",
        chain: "local-home",
        amount: "10",
        wrapped: false,
        again: false,
        json: false,
        confirm: () => Promise.resolve(),
        account: scenario().address("alice"),
        ...change,
      },
      at.output,
    );

  const WORDS = {
    from: "local-home",
    to: "local-sat1",
    amount: "10",
    wrapped: true,
    json: false,
  } as const;
  const send = (
    change: Partial<SendTaskOptions> = {},
    at = hookedContextAt(scenario()),
  ): ReturnType<typeof bridgeTokens> =>
    bridgeTokens(
      at.context,
      {
        ...WORDS,
        account: scenario().address("alice"),
        receiver: scenario().address("bob"),
        noWait: true,
        again: false,
        confirm: () => Promise.resolve(),
        pollOptions: { pollMs: 5, timeoutMs: 20_000 },
        ...change,
      },
      at.output,
    );

  describe("wrap and unwrap", () => {
    for (const change of [{}, { wrapped: true }, { action: "unwrap", wrapped: true }] as const) {
      it(`refuse what the account has done last, unless it is to be done again: ${JSON.stringify(change)}`, async () => {
        const s = scenario();
        const { transactionHash } = await wrap(change);
        await expect(wrap(change)).to.be.rejectedWith(
          OperatorError,
          `The last transaction of ${s.address("alice")} on local-home has done the same, ${transactionHash}: add --again`,
        );
        await wrap({ ...change, again: true });
        await mined(s.signer(s.home, "alice").sendTransaction({ to: s.address("bob") }));
        await wrap(change);
      });
    }

    it("deposit tokens, with the allowance that it takes, and print balances and rate", async () => {
      const s = scenario();
      const at = hookedContextAt(s);
      const { before, after } = await wrap({}, at);
      const k = await s.tokenOn(s.home).sharesPerToken();
      const made = (TEN * k) / SHARES_PER_WRAPPED;
      expect(after.wrapped - before.wrapped).to.equal(made);
      expect(before.tokens - after.tokens).to.be.within(TEN, TEN + 1n);
      const { token, wrapper } = s.home.contracts;
      expect(await s.tokenOn(s.home).allowance(s.address("alice"), wrapper ?? "")).to.equal(0n);
      expect(before.rate).to.equal(await wrapperOn(s.home, s).getRate());
      expect(at.said.join("\n")).to.match(
        /^rate {5}1 wRUSD is 1\.036\d+ RUSD\nbefore {3}[\d.]+ RUSD, 100 wRUSD\n/,
      );
      expect(at.printed.join("\n")).to.match(
        /^10 RUSD of 0x\w{40} wrapped on local-home \(0x\w{64}\)\n {2}before {2}[\d.]+ RUSD, 100 wRUSD\n {2}after {3}[\d.]+ RUSD, 109\.\d+ wRUSD\n {2}rate/,
      );
      expect(token).to.equal(s.home.contracts.token);
    });

    it("wrap exactly as many units as are named, for another account, and unwrap them again", async () => {
      const s = scenario();
      const receiver = s.address("bob");
      const bob = await s.sharesOf(s.sat1, "bob");
      const before = await s.sharesOf(s.sat1, "alice");
      await wrap({ chain: "local-sat1", wrapped: true, receiver });
      expect(await wrapperOn(s.sat1, s).balanceOf(receiver)).to.equal(TEN);
      expect(await s.sharesOf(s.sat1, "alice")).to.equal(before - TEN * SHARES_PER_WRAPPED);
      const at = hookedContextAt(s);
      await wrap({ action: "unwrap", chain: "local-sat1", account: receiver, json: true }, at);
      expect(await wrapperOn(s.sat1, s).balanceOf(receiver)).to.equal(0n);
      expect(await s.sharesOf(s.sat1, "bob")).to.equal(bob + TEN * SHARES_PER_WRAPPED);
      expect(JSON.parse(at.printed.join("\n"))).to.include({
        action: "unwrap",
        unit: "wrapped",
        amount: String(TEN),
      });
    });

    it("wrap again all that was unwrapped, though it is no whole number of token units", async () => {
      const s = scenario();
      const account = s.address("carol");
      const units = TEN + 1n;
      const amount = formatEther(units);
      await mined(wrapperOn(s.home, s, "alice").unwrapShares(units, account, s.address("alice")));
      expect(await s.sharesOf(s.home, "carol")).to.equal(units * SHARES_PER_WRAPPED);
      await wrap({ wrapped: true, amount, account });
      expect(await wrapperOn(s.home, s).balanceOf(account)).to.equal(units);
      expect(await s.sharesOf(s.home, "carol")).to.equal(0n);
      const error = await errorOf(wrap({ wrapped: true, amount: "0.000000000000000001", account }));
      expect(error.message).to.match(/has 0 tokens on local-home, and 0\.0+[12] are needed/);
    });

    const refused: readonly [
      what: string,
      change: (s: Scenario) => Partial<WrapOptions>,
      given: ((s: Scenario) => Promise<unknown>) | undefined,
      code: string,
      message: RegExp,
    ][] = [
      [
        "a paused token",
        () => ({}),
        (s) => mined(s.tokenOn(s.home, "guardian").pause()),
        "TOKEN_PAUSED",
        /^Nothing was sent\. The token of local-home is paused.*token unpause --chain local-home/,
      ],
      [
        "more tokens than the account has",
        () => ({ amount: "400000" }),
        undefined,
        "NOT_ENOUGH_FUNDS",
        /^Nothing was sent\. 0x\w{40} has [\d.]+ tokens on local-home, and 400000 are needed: name less with --amount/,
      ],
      [
        "more wrapped units than the account has",
        () => ({ action: "unwrap", amount: "100.1" }),
        undefined,
        "NOT_ENOUGH_FUNDS",
        /has 100 wrapped units on local-home, and 100\.1 are needed/,
      ],
      [
        "the wrapper as receiver",
        (s) => ({ receiver: s.home.contracts.wrapper ?? "" }),
        undefined,
        "INVALID_ADDRESS",
        /is the wrapper of local-home: name an account that can hold tokens with --receiver/,
      ],
    ];
    for (const [what, change, given, code, message] of refused) {
      it(`refuse ${what}, before anything is signed`, async () => {
        const s = scenario();
        await given?.(s);
        const nonce = await s.home.provider.getTransactionCount(s.address("alice"));
        const error = await errorOf(wrap(change(s)));
        expect(error.code).to.equal(code);
        expect(error.message).to.match(message);
        expect(await s.home.provider.getTransactionCount(s.address("alice"))).to.equal(nonce);
      });
    }
  });

  describe("bridge quote --wrapped", () => {
    it("says what arrives and what stays, to the share", async () => {
      const s = scenario();
      const at = hookedContextAt(s);
      const { quote, obstacles } = await showQuote(
        at.context,
        { ...WORDS, account: s.address("alice"), receiver: s.address("bob") },
        at.output,
      );
      expect(obstacles).to.deep.equal([]);
      const k = await s.tokenOn(s.home).sharesPerToken();
      const units = (TEN * SHARES_PER_WRAPPED) / k;
      expect(quote.amount).to.equal(units);
      expect(quote.wrapped).to.deep.include({
        amount: TEN,
        arriving: (units * k) / SHARES_PER_WRAPPED,
        staying: TEN * SHARES_PER_WRAPPED - units * k,
        loose: (units * k) % SHARES_PER_WRAPPED,
      });
      const bridge = bridgeOn(s.home, s);
      const [fee] = await bridge.quote(s.sat1.selector, s.address("bob"), TEN, ZeroAddress);
      expect(quote.fees.native.amount).to.equal(fee);
      expect(at.printed.join("\n")).to.match(
        /^10 wRUSD, local-home -> local-sat1, to 0x\w{40}\n {2}leaves {6}10\.3\d+ tokens of 10 wrapped units, which are \d+ shares \(block \d+\)\n {2}arrives {5}9\.9\d+ wrapped units and \d+ shares, whatever index counts there\n/,
      );
    });

    const obstacles: readonly [
      what: string,
      change: (s: Scenario) => Partial<SendTaskOptions>,
      given: ((s: Scenario) => Promise<unknown>) | undefined,
      message: RegExp,
    ][] = [
      [
        "more units than the account has",
        () => ({ amount: "100.5" }),
        undefined,
        /has 100 wrapped units on local-home, and 100\.5 should leave/,
      ],
      [
        "a minimum that rounding does not leave",
        () => ({ minimum: "10" }),
        undefined,
        /9\.9\d+ wrapped units of 10 would arrive at the index of local-home now, and 10 have to\.\n {2}Send more, or lower --minimum/,
      ],
      [
        "the destination's wrapper as receiver",
        (s) => ({ receiver: s.sat1.contracts.wrapper ?? "" }),
        undefined,
        /is the wrapper of local-sat1: what is sent to it belongs to nobody/,
      ],
      [
        "a bridge that does not know the one at the other end",
        () => ({}),
        (s) => unpair(s.sat1, s.home, s),
        /The wrapped bridge of local-sat1 does not know that of local-home\.\n {2}See what is missing with `npx hardhat mesh plan --mesh local`/,
      ],
      [
        "a cursed lane",
        () => ({}),
        (s) => s.curse(route()),
        /The RMN of local-home curses local-sat1/,
      ],
      [
        "a paused destination",
        () => ({}),
        (s) => mined(s.tokenOn(s.sat1, "guardian").pause()),
        /The token of local-sat1 is paused/,
      ],
      [
        "more than the lane's bucket holds",
        () => ({ amount: "99" }),
        (s) => {
          const narrow = { isEnabled: true, capacity: parseEther("50"), rate: parseEther("1") };
          return s.setLimits(s.home, s.sat1, { outbound: narrow });
        },
        /102\.\d+ RUSD never fit the outbound bucket of local-home/,
      ],
    ];
    for (const [what, change, given, message] of obstacles) {
      it(`and bridge send --wrapped refuse ${what}`, async () => {
        const s = scenario();
        await given?.(s);
        const nonce = await s.home.provider.getTransactionCount(s.address("alice"));
        const error = await errorOf(send(change(s)));
        expect(error.message).to.match(/^Nothing was sent\./);
        expect(error.message).to.match(message);
        expect(await s.home.provider.getTransactionCount(s.address("alice"))).to.equal(nonce);
      });
    }

    it("refuse --minimum without --wrapped, and --wrapped where the mesh has no bridges", async () => {
      const at = hookedContextAt(scenario());
      const config = { ...at.context.mesh.config, wrapper: undefined };
      const without = { ...at, context: { ...at.context, mesh: { ...at.context.mesh, config } } };
      expect((await errorOf(send({ wrapped: false, minimum: "1" }))).message).to.equal(
        "--minimum 1 is for wrapped units: add --wrapped, or leave it out.",
      );
      expect((await errorOf(send({}, without))).message).to.include(
        "--wrapped needs wrapped bridges, and mesh local has none",
      );
    });
  });

  describe("bridge send --wrapped", () => {
    for (const feeToken of ["native", "link"] as const) {
      it(`arrives wrapped, paid in ${feeToken}; the message and its shares are followed`, async () => {
        const s = scenario();
        if (feeToken === "link") await giveLink(s);
        const at = hookedContextAt(s, async (text) => {
          if (!text.startsWith("message")) return;
          await s.expectConserved();
          await s.deliver();
        });
        const before = await s.sharesOf(s.home, "alice");
        const sent = await send({ noWait: false, feeToken }, at);
        expect(sent.stage).to.equal("executed");
        const k = await s.tokenOn(s.home).sharesPerToken();
        const travelling = ((TEN * SHARES_PER_WRAPPED) / k) * k;
        const arrived = travelling / SHARES_PER_WRAPPED;
        expect(sent.arrival).to.deep.equal({
          outcome: "wrapped",
          account: s.address("bob"),
          wrapped: arrived,
          shares: travelling % SHARES_PER_WRAPPED,
        });
        expect(await wrapperOn(s.sat1, s).balanceOf(s.address("bob"))).to.equal(arrived);
        expect((await s.sharesOf(s.home, "alice")) - before).to.equal(
          TEN * SHARES_PER_WRAPPED - travelling,
        );
        expect(at.printed.at(-1)).to.match(/^0x\w{40} got 9\.9\d+ wrapped units and \d+ shares\.$/);

        const { stdout } = await statusOf(s, sent.message.messageId);
        expect(stdout).to.match(
          /wrapped units of \d+ shares, from 0x\w{40} to 0x\w{40}\n {2}executed on local-sat1 in 0x\w{64}\n {2}0x\w{40} got 9\.9\d+ wrapped units/,
        );
        const run = await diagnose(s.mesh, sent.message.messageId);
        expect(run.verdict).to.equal("executed");
        expect(run.text).to.include(`${s.address("bob")} got 9.9`);
        await s.expectConserved();
      });
    }

    it("is not sent twice, also when a rebase changes what travels", async () => {
      const s = scenario();
      const first = await send();
      const nonce = await s.home.provider.getTransactionCount(s.address("alice"));
      for (const change of [undefined, "2.3"]) {
        if (change) await s.rebaseHome(change);
        const error = await errorOf(send());
        expect(error.code).to.equal("SAME_TRANSFER");
        expect(error.message).to.include(first.message.messageId);
        expect(await s.home.provider.getTransactionCount(s.address("alice"))).to.equal(nonce);
      }
      // Another amount, or another receiver, is another transfer.
      await send({ amount: "10.000001" });
      await send({ receiver: s.address("carol") });
      expect((await send({ again: true })).stage).to.equal("sent");
    });
  });

  describe("the doctor", () => {
    it("names the lack of gas, and the limit with which it arrives wrapped", async () => {
      const s = scenario();
      const messageId = await sendAsBridge(s, 250_000n);
      await s.deliver();
      const run = await diagnose(s.mesh, messageId, {}, s.ccip);
      expect(run.verdict).to.equal("blocked");
      expect(run.text.replace(/\s+/g, " "), run.text).to.match(
        /The wrapped bridge of local-sat1 had \d+ gas left, and wraps with 300000 at least/,
      );
      const command = run.commands.find((one) => one.includes("message execute"));
      expect(command).to.match(/--receiver-gas \d+/);
      await follow(s, command);
      expect((await diagnose(s.mesh, messageId)).text).to.match(/got [\d.]+ wrapped units/);
      await s.expectConserved();
    });

    it("says that it could not be wrapped, who has the shares and what to do", async () => {
      const s = scenario();
      const { message } = await send();
      await setCode(s.sat1.contracts.wrapper ?? "", "0x60006000fd");
      expectSuccess(await s.deliver());
      const run = await diagnose(s.mesh, message.messageId);
      expect(run.verdict).to.equal("executed");
      expect(run.text).to.match(
        new RegExp(`could not be wrapped: ${s.address("bob")} got \\d+ shares of the token`),
      );
      expect(run.commands).to.deep.equal(["npx hardhat mesh check --mesh local"]);
    });

    it("says for whom it is kept and how it is claimed, until it is", async () => {
      const s = scenario();
      const bridge = bridgeOn(s.home, s, "alice");
      await mined(wrapperOn(s.home, s, "alice").approve(bridge, TEN));
      const { hash } = await mined(
        bridge.send(s.sat1.selector, s.sat1.contracts.token, TEN, 0n, ZeroAddress, {
          value: parseEther("1"),
        }),
      );
      expectSuccess(await s.deliver());
      const run = await diagnose(s.mesh, hash);
      expect(run.verdict).to.equal("without effect");
      expect(run.text.replace(/\s+/g, " ")).to.include(
        `are kept for ${s.address("alice")} on the wrapped bridge`,
      );
      expect(run.text).to.include("calls claim(<account>)");
      await mined(bridgeOn(s.sat1, s, "alice").claim(s.address("carol")));
      const after = await diagnose(s.mesh, hash);
      expect(after.verdict).to.equal("executed");
      expect(after.text).to.include("have been claimed");
      await s.expectConserved();
    });

    it("says of what no bridge has sent that its word does not count", async () => {
      const s = scenario();
      const { router } = s.ccipChain(s.home).ccip;
      await mined(s.tokenOn(s.home, "alice").approve(router, TEN));
      const sending = {
        receiver: s.sat1.contracts.wrappedBridge ?? "",
        data: "0x0102",
        gasLimit: 500_000n,
        tokens: [{ token: s.home.contracts.token, amount: TEN }],
      };
      const [message] = await sendData(s.lane(route()), [sending], s.signer(s.home, "alice"));
      expectSuccess(await s.deliver());
      const run = await diagnose(s.mesh, message?.messageId ?? "");
      expect(run.verdict).to.equal("without effect");
      expect(run.text).to.include(`Its sender ${s.address("alice")} is no bridge of the mesh`);
      expect(run.commands).to.be.empty;
      await s.expectConserved();
    });

    it("names a bridge that its destination does not know, and the pairing", async () => {
      const s = scenario();
      const { message } = await send();
      await unpair(s.sat1, s.home, s);
      expectSuccess(await s.deliver());
      const arrival = await arrivalOf(s, message.messageId);
      expect(arrival).to.include({ outcome: "kept", account: s.home.contracts.wrappedBridge });
      const run = await diagnose(s.mesh, message.messageId);
      expect(run.verdict).to.equal("without effect");
      expect(run.text.replace(/\s+/g, " ")).to.include("for the bridge of local-home");
      expect(run.commands).to.deep.equal(["npx hardhat mesh apply --mesh local"]);
      await s.expectConserved();
    });
  });

  it("supply audit counts shares in wrappers, on bridges and in flight, and shows them", async () => {
    const s = scenario();
    await mined(s.tokenOn(s.home, "alice").transfer(s.home.contracts.wrapper ?? "", 5n));
    await mined(s.tokenOn(s.home, "alice").transfer(s.home.contracts.wrappedBridge ?? "", 7n));
    await send();
    await s.expectConserved();
    const at = hookedContextAt(s);
    const audit = await showAudit(at.context, { json: false }, at.output);
    const home = audit.chains.find(({ chain }) => chain === "local-home");
    const k = await s.tokenOn(s.home).sharesPerToken();
    expect(home)
      .to.have.property("wrapped")
      .that.deep.equals({
        units: parseEther("90"),
        shares: parseEther("90") * SHARES_PER_WRAPPED,
        otherShares: 5n * k,
        bridgeShares: 7n * k,
      });
    const text = at.printed.join("\n");
    expect(text).to.include("of it wrapped");
    expect(text).to.include("Conserved:");
    expect(text).to.include("in flight (1)");
  });

  it("mesh show has the wrapped supply, the rate and the feed's newest round", async () => {
    const s = scenario();
    const at = hookedContextAt(s);
    await showMesh(at.context, { json: false }, at.output);
    expect(at.printed.join("\n")).to.match(/chain .* wRUSD .* rate .* rate feed .* updated/);
    const json = hookedContextAt(s);
    await showMesh(json.context, { json: true }, json.output);
    const document = JSON.parse(json.printed.join("\n")) as {
      readonly chains: readonly Record<string, unknown>[];
    };
    const rate = (await wrapperOn(s.sat1, s).getRate()).toString();
    const units = parseEther("100");
    expect(document.chains[1]).to.deep.include({
      wrapper: {
        rate,
        totalSupply: units.toString(),
        shares: (units * SHARES_PER_WRAPPED).toString(),
      },
      wrappedBridge: { shares: "0" },
    });
    expect(document.chains[1]?.rateFeed).to.have.nested.property("round.answer", rate);
  });
});

function wrapperOn(chain: MeshChain, s: Scenario, account: Account = "thirdParty") {
  return contractAt.wrapper(chain.contracts.wrapper ?? "", s.signer(chain, account));
}

function bridgeOn(chain: MeshChain, s: Scenario, account: Account = "thirdParty") {
  return contractAt.wrappedBridge(chain.contracts.wrappedBridge ?? "", s.signer(chain, account));
}

/** Has the bridge of a chain forget that of another. */
async function unpair(chain: MeshChain, peer: MeshChain, s: Scenario): Promise<void> {
  const owner = await s.timelock(chain);
  const data = abi.wrappedBridge.encodeFunctionData("setRemote", [peer.selector, ZeroAddress, 0n]);
  await (await owner.sendTransaction({ to: chain.contracts.wrappedBridge, data })).wait();
}

/** Sends a message of home's bridge for Bob with a gas limit that the bridge itself would not buy. */
async function sendAsBridge(s: Scenario, gasLimit: bigint): Promise<string> {
  const { wrappedBridge = "", token } = s.home.contracts;
  await mined(s.tokenOn(s.home, "alice").transfer(wrappedBridge, TEN));
  const bridge = await impersonate(s.ccipChain(s.home).provider, wrappedBridge);
  const k = await s.tokenOn(s.home).sharesPerToken();
  const message = toRouterMessage({
    receiver: s.sat1.contracts.wrappedBridge ?? "",
    tokens: [{ token, amount: TEN }],
    data: AbiCoder.defaultAbiCoder().encode(
      ["address", "address", "uint256"],
      [s.address("bob"), s.address("alice"), TEN * k],
    ),
    gasLimit,
  });
  const { router } = s.ccipChain(s.home).ccip;
  const ccip = new Contract(router, released("router").interface, bridge);
  const args = [s.sat1.selector, message] as const;
  const value = BigInt(String(await ccip.getFunction("getFee").staticCall(...args)));
  await mined(s.tokenOn(s.home, bridge).approve(router, TEN));
  const id = String(await ccip.getFunction("ccipSend").staticCall(...args, { value }));
  await mined(ccip.getFunction("ccipSend").send(...args, { value }));
  return id;
}

/** Reads what the bridge did with a message that was executed. */
async function arrivalOf(s: Scenario, messageId: string) {
  const { statuses } = await statusOf(s, messageId);
  const [status] = statuses;
  const hash = status?.kind === "message" ? status.reached?.attempt?.transactionHash : undefined;
  return readWrappedArrival(s.sat1, messageId, hash ?? "");
}

async function statusOf(s: Scenario, hash: string) {
  const at = hookedContextAt(s);
  const statuses = await showStatus(at.context, { hash, json: false }, at.output);
  return { statuses, stdout: at.printed.join("\n") };
}

async function giveLink(s: Scenario): Promise<void> {
  const { ccip, owner } = s.ccipChain(s.home);
  const data = abi.token.encodeFunctionData("transfer", [s.address("alice"), parseEther("100")]);
  await (await owner.sendTransaction({ to: ccip.link, data })).wait();
}

async function errorOf(action: Promise<unknown>): Promise<OperatorError> {
  try {
    await action;
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  return expect.fail("It should have been refused, and went through.");
}
