import { expect } from "chai";
import { AbiCoder, Contract, Signature, ZeroAddress, parseEther } from "ethers";
import type { TransactionReceipt } from "ethers";
import { deployContract } from "ccip-localnet";
import { released, toRouterMessage } from "ccip-localnet/protocol";

import type { MeshChain } from "../../lib/core/mesh/mesh";
import { LinkToken__factory } from "../../typechain-types";
import type { WrappedBridge } from "../../typechain-types";
import { executeManually } from "../shared/executeManually";
import { PERMIT_TYPES } from "../shared/permit";
import { LANE_KINDS, expectSuccess, mined, useWorld } from "../shared/scenario";
import type { Account, Route, Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";
import { BRIDGE_GAS, deployWrapping, wrappingOn } from "../shared/wrapping";
import type { Wrapping } from "../shared/wrapping";

const UNIT = 10n ** 24n;

/** Gas to send with. No estimate: the bucket that units leave through is written in a second that passes until then. */
const SEND_GAS = 2_000_000n;

describe(`Wrapped units between chains (${WORLD_NAME})`, () => {
  let wrappings: ReadonlyMap<MeshChain, Wrapping>;
  const scenario = useWorld(async (s) => {
    wrappings = await deployWrapping(s);
  });

  const bridgeOn = (s: Scenario, chain: MeshChain, account: Account = "alice"): WrappedBridge =>
    wrappingOn(wrappings, chain).bridge.connect(s.signer(chain, account));

  /** Sends wrapped units of Alice for native, with more value than is needed. */
  async function send(
    s: Scenario,
    { from, to }: Route,
    wrapped: bigint,
    receiver: string,
    minimum = 0n,
  ): Promise<TransactionReceipt> {
    const bridge = bridgeOn(s, from);
    const [fee] = await bridge.quote(to.selector, receiver, wrapped, ZeroAddress);
    const value = fee + parseEther("1");
    const options = { value, gasLimit: SEND_GAS };
    return mined(bridge.send(to.selector, receiver, wrapped, minimum, ZeroAddress, options));
  }

  /** The events of a bridge in a transaction. */
  function eventsOf(bridge: WrappedBridge, receipt: TransactionReceipt | null) {
    return (receipt?.logs ?? []).flatMap((log) => {
      const event = bridge.interface.parseLog(log);
      return event ? [event] : [];
    });
  }

  async function deliver(s: Scenario, route: Route) {
    await s.verify(route);
    const deliveries = await s.execute(route);
    expectSuccess(deliveries);
    const [delivery] = deliveries;
    const receipt = await route.to.provider.getTransactionReceipt(delivery?.transactionHash ?? "");
    return eventsOf(wrappingOn(wrappings, route.to).bridge, receipt).filter(
      ({ name }) => name !== "RemoteSet",
    );
  }

  for (const { from, to, title } of LANE_KINDS) {
    it(`arrive wrapped, whole at the genesis index: ${title}`, async () => {
      const s = scenario();
      const route = s.route({ from, to });
      const before = await s.sharesOf(route.from, "alice");
      await send(s, route, parseEther("10"), s.address("bob"));
      const events = await deliver(s, route);
      expect(events.map(({ name }) => name)).to.deep.equal(["WrappedReceived"]);
      expect(await wrappingOn(wrappings, route.to).wrapper.balanceOf(s.address("bob"))).to.equal(
        parseEther("10"),
      );
      expect(await s.sharesOf(route.from, "alice")).to.equal(before);
      await s.expectConserved();
    });

    it(`lose no share at an odd index and over a rebase on the way: ${title}`, async () => {
      const s = scenario();
      const route = s.route({ from, to });
      await s.rebase("3.7");
      const wrapped = parseEther("10") + 7n;
      const before = {
        alice: await s.sharesOf(route.from, "alice"),
        bob: await s.sharesOf(route.to, "bob"),
      };
      const k = await s.tokenOn(route.from).sharesPerToken();
      await send(s, route, wrapped, s.address("bob"), wrapped - 1n);
      await s.rebase("-2.1");
      await deliver(s, route);

      const travelling = ((wrapped * UNIT) / k) * k;
      const arrived = await wrappingOn(wrappings, route.to).wrapper.balanceOf(s.address("bob"));
      expect(arrived).to.equal(travelling / UNIT);
      expect(await s.sharesOf(route.to, "bob")).to.equal(before.bob + (travelling % UNIT));
      expect(await s.sharesOf(route.from, "alice")).to.equal(
        before.alice + wrapped * UNIT - travelling,
      );
      for (const chain of [route.from, route.to]) {
        const { bridge, wrapper } = wrappingOn(wrappings, chain);
        expect(await s.tokenOn(chain).sharesOf(bridge)).to.equal(0n);
        expect(await s.tokenOn(chain).sharesOf(wrapper)).to.equal(
          (await wrapper.totalSupply()) * UNIT,
        );
      }
      await s.expectConserved();
    });
  }

  it("cost what is quoted, the rest of the value comes back", async () => {
    const s = scenario();
    const route = s.route({ from: "home", to: "sat1" });
    const bridge = bridgeOn(s, s.home);
    const [fee] = await bridge.quote(route.to.selector, s.address("bob"), 100n, ZeroAddress);
    const before = await s.home.provider.getBalance(s.address("alice"));
    const { gasUsed, gasPrice } = await send(s, route, 100n, s.address("bob"));
    expect(await s.home.provider.getBalance(s.address("alice"))).to.equal(
      before - fee - gasUsed * gasPrice,
    );
    expect(await s.home.provider.getBalance(bridge)).to.equal(0n);
  });

  it("are paid for in LINK that the sender has allowed", async () => {
    const s = scenario();
    const route = s.route({ from: "home", to: "sat1" });
    const { link } = s.ccipChain(s.home).ccip;
    const bridge = bridgeOn(s, s.home);
    const { owner } = s.ccipChain(s.home);
    const juels = LinkToken__factory.connect(link, owner);
    await mined(juels.transfer(s.address("alice"), parseEther("100")));
    await mined(juels.connect(s.signer(s.home, "alice")).approve(bridge, parseEther("100")));
    const [fee] = await bridge.quote(route.to.selector, s.address("bob"), 100n, link);
    const options = { gasLimit: SEND_GAS };
    await mined(bridge.send(route.to.selector, s.address("bob"), 100n, 100n, link, options));
    expect(await juels.balanceOf(s.address("alice"))).to.equal(parseEther("100") - fee);
    expect(await juels.allowance(bridge, s.ccipChain(s.home).ccip.router)).to.equal(0n);
    expect((await deliver(s, route)).map(({ name }) => name)).to.deep.equal(["WrappedReceived"]);
  });

  const refused: [
    what: string,
    error: string,
    call: (s: Scenario, bridge: WrappedBridge) => Promise<unknown>,
  ][] = [
    [
      "less than demanded would arrive",
      "BelowMinimum",
      (s, bridge) =>
        bridge.send.staticCall(s.sat1.selector, s.address("bob"), 100n, 101n, ZeroAddress, {
          value: parseEther("1"),
        }),
    ],
    [
      "the value is below the fee",
      "UnexpectedValue",
      (s, bridge) =>
        bridge.send.staticCall(s.sat1.selector, s.address("bob"), 100n, 0n, ZeroAddress, {
          value: 1n,
        }),
    ],
    [
      "there is a value and the fee is paid in LINK",
      "UnexpectedValue",
      (s, bridge) =>
        bridge.send.staticCall(
          s.sat1.selector,
          s.address("bob"),
          100n,
          0n,
          s.ccipChain(s.home).ccip.link,
          { value: 1n },
        ),
    ],
    [
      "no bridge is known there",
      "UnknownRemote",
      (s, bridge) => bridge.send.staticCall(4_711n, s.address("bob"), 100n, 0n, ZeroAddress),
    ],
    [
      "the fee token is another",
      "UnsupportedFeeToken",
      (s, bridge) =>
        bridge.send.staticCall(s.sat1.selector, s.address("bob"), 100n, 0n, s.home.contracts.token),
    ],
    [
      "the receiver is nobody",
      "ZeroValue",
      (s, bridge) => bridge.send.staticCall(s.sat1.selector, ZeroAddress, 100n, 0n, ZeroAddress),
    ],
    [
      "nothing is sent",
      "ZeroValue",
      (s, bridge) => bridge.send.staticCall(s.sat1.selector, s.address("bob"), 0n, 0n, ZeroAddress),
    ],
  ];
  for (const [what, error, call] of refused) {
    it(`are not sent when ${what}`, async () => {
      const s = scenario();
      const bridge = bridgeOn(s, s.home);
      await expect(call(s, bridge)).to.be.revertedWithCustomError(bridge, error);
    });
  }

  for (const use of ["unused", "used already by a stranger"] as const) {
    it(`are sent with a permit, ${use} [B9]`, async () => {
      const s = scenario();
      const route = s.route({ from: "home", to: "sat1" });
      const { wrapper } = wrappingOn(wrappings, s.home);
      const bridge = bridgeOn(s, s.home);
      await mined(wrapper.connect(s.signer(s.home, "alice")).approve(bridge, 0n));
      const permit = await permitOf(s, 100n);
      const { deadline, v, r, s: signature } = permit;
      if (use !== "unused") {
        const spent = [s.address("alice"), bridge, 100n, deadline, v, r, signature] as const;
        await mined(wrapper.connect(s.signer(s.home, "thirdParty")).permit(...spent));
      }
      const value = parseEther("1");
      const terms = [route.to.selector, s.address("bob"), 100n, 100n, ZeroAddress, permit] as const;
      await mined(bridge.sendWithPermit(...terms, { value, gasLimit: SEND_GAS }));
      expect((await deliver(s, route)).map(({ name }) => name)).to.deep.equal(["WrappedReceived"]);
      // Nothing is left of the allowance, and the signature is worth nothing now.
      await expect(
        bridge.sendWithPermit.staticCall(...terms, { value }),
      ).to.be.revertedWithCustomError(wrapper, "ERC20InsufficientAllowance");
    });
  }

  it("are not sent by the permit of another account", async () => {
    const s = scenario();
    const { wrapper } = wrappingOn(wrappings, s.home);
    const permit = await permitOf(s, 100n);
    const bridge = bridgeOn(s, s.home, "thirdParty");
    await expect(
      bridge.sendWithPermit.staticCall(
        s.sat1.selector,
        s.address("thirdParty"),
        100n,
        0n,
        ZeroAddress,
        permit,
        { value: parseEther("1") },
      ),
    ).to.be.revertedWithCustomError(wrapper, "ERC20InsufficientAllowance");
  });

  it("leave what merely lies on the bridge to the owner, and nobody else", async () => {
    const s = scenario();
    const { bridge, wrapper } = wrappingOn(wrappings, s.home);
    const owner = s.signer(s.home, "deployer");
    await mined(s.tokenOn(s.home, "alice").transfer(bridge, 50n));
    await mined(wrapper.connect(s.signer(s.home, "alice")).transfer(bridge, 60n));
    const k = await s.tokenOn(s.home).sharesPerToken();
    const before = await s.sharesOf(s.home, "carol");
    await expect(
      bridgeOn(s, s.home).recover.staticCall(wrapper, s.address("alice")),
    ).to.be.revertedWithCustomError(bridge, "OwnableUnauthorizedAccount");
    await mined(bridge.connect(owner).recover(s.home.contracts.token, s.address("carol")));
    await mined(bridge.connect(owner).recover(wrapper, s.address("carol")));
    expect(await s.sharesOf(s.home, "carol")).to.equal(before + 50n * k);
    expect(await wrapper.balanceOf(s.address("carol"))).to.equal(60n);
    // What lies there is never wrapped for a receiver.
    await mined(s.tokenOn(s.home, "alice").transfer(bridge, 70n));
    const route = s.route({ from: "sat1", to: "home" });
    await send(s, route, 100n, s.address("bob"));
    await deliver(s, route);
    expect(await wrapper.balanceOf(s.address("bob"))).to.equal(100n);
    expect(await s.tokenOn(s.home).sharesOf(bridge)).to.equal(70n * k);
  });

  for (const changes of [[], ["9.9"], ["-9.9"], ["-9.9", "-9.9", "-9.9"]]) {
    it(`lose to rounding at most k / 1e24 units, rounded up, and one: after rebases of ${changes.join(", ") || "nothing"} %`, async () => {
      const s = scenario();
      const route = s.route({ from: "home", to: "sat1" });
      for (const change of changes) await s.rebase(change);
      const k = await s.tokenOn(s.home).sharesPerToken();
      const most = (k + UNIT - 1n) / UNIT + 1n;
      for (const wrapped of [3n, 101n, parseEther("10") + 7n]) {
        const [, arriving] = await bridgeOn(s, s.home).quote(
          route.to.selector,
          s.address("bob"),
          wrapped,
          ZeroAddress,
        );
        expect(wrapped - arriving).to.be.within(0n, most);
        const { wrapper } = wrappingOn(wrappings, route.to);
        const before = await wrapper.balanceOf(s.address("bob"));
        await send(s, route, wrapped, s.address("bob"), arriving);
        await deliver(s, route);
        expect((await wrapper.balanceOf(s.address("bob"))) - before).to.equal(arriving);
      }
      await s.expectConserved();
    });
  }

  /** Signs a permit of Alice for the bridge at home. */
  async function permitOf(s: Scenario, value: bigint) {
    const { wrapper } = wrappingOn(wrappings, s.home);
    const owner = s.address("alice");
    const deadline = BigInt(await s.now()) + 3_600n;
    const { chainId } = await s.home.provider.getNetwork();
    const domain = {
      name: await wrapper.name(),
      version: "1",
      chainId,
      verifyingContract: await wrapper.getAddress(),
    };
    const spender = await bridgeOn(s, s.home).getAddress();
    const nonce = await wrapper.nonces(owner);
    const terms = { owner, spender, value, nonce, deadline };
    const signed = await s.signer(s.home, "alice").signTypedData(domain, PERMIT_TYPES, terms);
    const { v, r, s: signature } = Signature.from(signed);
    return { deadline, v, r, s: signature };
  }

  describe("that cannot be delivered", () => {
    for (const target of ["token", "wrapper", "bridge"] as const) {
      it(`to the ${target} itself are kept for the sender to claim [K18]`, async () => {
        const s = scenario();
        const route = s.route({ from: "home", to: "sat1" });
        const { bridge, wrapper } = wrappingOn(wrappings, route.to);
        const receiver = { token: route.to.contracts.token, wrapper, bridge }[target];
        const address = typeof receiver === "string" ? receiver : await receiver.getAddress();
        await send(s, route, 100n, address);
        expect((await deliver(s, route)).map(({ name }) => name)).to.deep.equal(["ClaimAdded"]);
        expect(await bridge.claimable(s.address("alice"))).to.equal(100n * UNIT);

        // What is kept is not the owner's to take out.
        const owner = s.signer(route.to, "deployer");
        expect(
          await bridge
            .connect(owner)
            .recover.staticCall(route.to.contracts.token, s.address("bob")),
        ).to.equal(0n);
        const before = await s.sharesOf(route.to, "carol");
        await mined(bridgeOn(s, route.to).claim(s.address("carol")));
        expect(await s.sharesOf(route.to, "carol")).to.equal(before + 100n * UNIT);
        await expect(
          bridgeOn(s, route.to).claim.staticCall(s.address("carol")),
        ).to.be.revertedWithCustomError(bridge, "NothingToClaim");
      });
    }

    it("because another account sent the plain token to the bridge are kept for that account [K18]", async () => {
      const s = scenario();
      const route = s.route({ from: "home", to: "sat1" });
      const { bridge } = wrappingOn(wrappings, route.to);
      const alice = s.signer(s.home, "alice");
      // It claims to be a message of the bridge for Bob, with shares beyond measure.
      const message = toRouterMessage({
        receiver: await bridge.getAddress(),
        tokens: [{ token: s.home.contracts.token, amount: 1_000n }],
        data: AbiCoder.defaultAbiCoder().encode(
          ["address", "address", "uint256"],
          [s.address("bob"), s.address("bob"), 2n ** 200n],
        ),
        gasLimit: BRIDGE_GAS,
      });
      const { router } = s.ccipChain(s.home).ccip;
      const ccip = new Contract(router, released("router").interface, alice);
      const args = [route.to.selector, message] as const;
      const value = BigInt(String(await ccip.getFunction("getFee").staticCall(...args)));
      await mined(s.tokenOn(s.home, "alice").approve(router, 1_000n));
      await mined(ccip.getFunction("ccipSend").send(...args, { value }));
      expect((await deliver(s, route)).map(({ name }) => name)).to.deep.equal(["ClaimAdded"]);
      expect(await bridge.claimable(s.address("bob"))).to.equal(0n);
      const k = await s.tokenOn(route.to).sharesPerToken();
      expect(await bridge.claimable(s.address("alice"))).to.be.within(999n * k, 1_000n * k);
    });

    it("because the bridge was not paired yet are released by its owner once it is [K18]", async () => {
      const s = scenario();
      const route = s.route({ from: "home", to: "sat1" });
      const { bridge } = wrappingOn(wrappings, route.to);
      const { selector } = s.home;
      const source = await wrappingOn(wrappings, s.home).bridge.getAddress();
      await mined(bridge.setRemote(selector, ZeroAddress, 0));
      await send(s, route, 100n, s.address("bob"));
      expect((await deliver(s, route)).map(({ name }) => name)).to.deep.equal(["ClaimAdded"]);
      const kept = await bridge.claimable(source);
      expect(kept).to.be.above(0n);

      const carol = s.address("carol");
      await expect(bridge.claimForBridge.staticCall(selector, carol))
        .to.be.revertedWithCustomError(bridge, "UnknownRemote")
        .withArgs(selector);
      await mined(bridge.setRemote(selector, source, BRIDGE_GAS));
      await expect(
        bridgeOn(s, route.to).claimForBridge.staticCall(selector, carol),
      ).to.be.revertedWithCustomError(bridge, "OwnableUnauthorizedAccount");
      const before = await s.sharesOf(route.to, "carol");
      await mined(bridge.claimForBridge(selector, carol));
      expect(await s.sharesOf(route.to, "carol")).to.equal(before + kept);
      await s.expectConserved();
    });

    it("because their execution failed arrive wrapped at the next attempt", async () => {
      const s = scenario();
      const route = s.route({ from: "home", to: "sat1" });
      await send(s, route, 100n, s.address("bob"));
      const [message] = await s.verify(route);
      const { bridge, wrapper } = wrappingOn(wrappings, route.to);
      const { owner, ccip } = s.ccipChain(route.to);
      const another = await deployContract(owner, released("router"), [ZeroAddress, ccip.rmnProxy]);
      await mined(bridge.setRouter(another));
      await mined(bridge.dropPreviousRouter());
      await s.execute(route);
      await mined(bridge.setRouter(s.ccipChain(route.to).ccip.router));
      await executeManually(
        s.lane(route),
        message?.messageId ?? "",
        s.signer(route.to, "thirdParty"),
        {},
        s.ccip,
      );
      expect(await wrapper.balanceOf(s.address("bob"))).to.equal(100n);
    });
  });
});
