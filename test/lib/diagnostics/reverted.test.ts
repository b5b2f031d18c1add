import { expect } from "chai";
import { MaxUint256, ZeroAddress, parseEther, parseUnits } from "ethers";
import type { TransactionRequest } from "ethers";
import { call, curse, sendAll } from "ccip-localnet";
import { released, toRouterMessage } from "ccip-localnet/protocol";

import { readFee } from "../../../lib/bridge/quote";
import { abi } from "../../../lib/core/abis";
import { CLOSED } from "../../../lib/core/mesh/limit";
import { outboundLimit } from "../../../lib/core/mesh/limit";
import { closing, diagnose, curseEverything, mineAnyway } from "../../shared/doctorFixture";
import { mined, useWorld } from "../../shared/scenario";
import type { Account, Scenario } from "../../shared/scenario";
import { WORLD_NAME } from "../../shared/world";

const AMOUNT = parseEther("100");

/** A transaction that is mined and reverts, and its diagnosis. */
interface Reverted {
  readonly what: string;
  readonly by?: Account;
  readonly request: (s: Scenario) => Promise<TransactionRequest>;
  /** Breaks something before it is sent. */
  readonly inject?: (s: Scenario) => Promise<unknown>;
  readonly layer: string;
  readonly says: readonly (string | RegExp)[];
  readonly commands?: readonly string[];
}

const REVERTED: readonly Reverted[] = [
  {
    what: "more than the outbound bucket ever holds",
    request: (s) => ccipSend(s, { amount: tooMuch(s) }),
    layer: "pool    TokenMaxCapacityExceeded(",
    says: [
      "router.ccipSend of 100,100.00 RUSD to local-sat1 reverted on local-home at ",
      "100,100.00 RUSD never fit the outbound bucket of local-home for local-sat1, which holds 100,000.00 RUSD at most",
      "would revert now, too",
    ],
    commands: [
      "npx hardhat limits set --from local-home --to local-sat1 --capacity 100100 --rate 101 --mesh local",
    ],
  },
  {
    what: "into a lane that was closed on purpose",
    request: (s) => ccipSend(s, {}),
    inject: (s) => s.setLimits(s.home, s.sat1, { outbound: CLOSED }),
    layer: "pool    TokenMaxCapacityExceeded(",
    says: [
      "The lane from local-home to local-sat1 is closed on purpose",
      "ask who closed it before it is opened",
    ],
    commands: ["npx hardhat mesh apply --mesh local"],
  },
  {
    what: "more than the outbound bucket holds for now",
    inject: async (s) => {
      const { capacity } = outboundLimit(s.mesh.config);
      await s.send({ from: s.home, to: s.sat1 }, "alice", capacity);
      await mined(s.tokenOn(s.home, "alice").approve(s.home.ccip.router, MaxUint256));
    },
    request: (s) => ccipSend(s, { amount: 50n * AMOUNT }),
    layer: "pool  TokenRateLimitReached(",
    says: [/had \d{2,3}\.\d\d RUSD left, and holds enough \d+ s later/, /wait until 2\d{3}-/],
  },
  {
    what: "without an allowance",
    inject: (s) => mined(s.tokenOn(s.home, "alice").approve(s.home.ccip.router, 7n)),
    request: (s) => ccipSend(s, {}),
    layer: "token  ERC20InsufficientAllowance(",
    says: [/0x\w{40} may take <0\.01 RUSD from 0x\w{40}, and needs 100\.00 RUSD/],
  },
  {
    what: "without an allowance, into a lane that is cursed too",
    inject: async (s) => {
      await mined(s.tokenOn(s.home, "alice").approve(s.home.ccip.router, 7n));
      await curse(s.lane({ from: s.home, to: s.sat1 }), "source");
    },
    request: (s) => ccipSend(s, { value: parseEther("1") }),
    layer: "token  ERC20InsufficientAllowance(",
    says: [/may take <0\.01 RUSD/, "The RMN of local-home curses local-sat1"],
    commands: ["npx hardhat localnet uncurse --chain local-home --remote local-sat1"],
  },
  {
    what: "more than there is",
    inject: async (s) => {
      const balance = await s.balanceOf(s.home, "alice");
      await mined(s.tokenOn(s.home, "alice").transfer(s.address("bob"), balance));
    },
    request: (s) => ccipSend(s, {}),
    layer: "token  ERC20InsufficientBalance(",
    says: [/0x\w{40} has 0\.00 RUSD, and 100\.00 RUSD were to leave/],
  },
  {
    what: "a fee that is too low",
    request: async (s) => ({ ...(await ccipSend(s, {})), value: 1n }),
    layer: "router  InsufficientFeeTokenAmount(",
    says: ["The fee that was paid (0.000000000000000001 ETH) is below what CCIP asks"],
  },
  {
    what: "from a paused token",
    inject: (s) => mined(s.tokenOn(s.home, "guardian").pause()),
    request: (s) => ccipSend(s, {}),
    layer: "token  EnforcedPause(",
    says: ["The token of local-home is paused"],
    commands: ["npx hardhat token unpause --chain local-home --mesh local"],
  },
  {
    what: "into a cursed lane",
    inject: (s) => curse(s.lane({ from: s.home, to: s.sat1 }), "source"),
    request: (s) => ccipSend(s, { value: parseEther("1") }),
    layer: "OnRamp  CursedByRMN(",
    says: ["The RMN of local-home curses local-sat1: CCIP takes no message for it"],
    commands: ["npx hardhat localnet uncurse --chain local-home --remote local-sat1"],
  },
  {
    what: "where everything is cursed",
    request: (s) => ccipSend(s, { value: parseEther("1") }),
    inject: curseEverything,
    layer: "router  BadARMSignal(",
    says: ["The RMN of local-home curses everything: CCIP takes no message there"],
    commands: ["npx hardhat localnet uncurse --chain local-home"],
  },
  {
    what: "with a fee in what has no price",
    inject: async (s) => {
      const { ccip, owner } = s.ccipChain(s.home);
      const tokenPriceUpdates = [{ sourceToken: ccip.link, usdPerToken: 0n }];
      const prices = { tokenPriceUpdates, gasPriceUpdates: [] };
      await sendAll(owner, [call(ccip, "feeQuoter", "updatePrices", [prices])]);
    },
    request: (s) => ccipSend(s, { value: 0n, feeToken: s.home.ccip.link }),
    layer: "fee quoter  TokenNotSupported(",
    says: [/CCIP on local-home has no price of 0x\w{40}/, "the other of ETH and LINK"],
  },
  {
    what: "nothing",
    request: (s) => ccipSend(s, { amount: 0n, value: parseEther("1") }),
    layer: "CannotSendZeroTokens(",
    says: ["CCIP carries no transfer of zero tokens"],
  },
  {
    what: "to a chain that CCIP does not know",
    request: (s) => ccipSend(s, { selector: 7n, value: parseEther("1") }),
    layer: "router  UnsupportedDestinationChain(",
    says: ["CCIP's router on local-home has no lane to 7", "it is CCIP's, not the chain id"],
  },
  {
    what: "with too little gas",
    request: async (s) => ({ ...(await ccipSend(s, {})), gasLimit: 120_000n }),
    layer: "no reason given",
    says: ["It used up the 120000 gas that it was given", "send it again with a higher gas limit"],
  },
  {
    what: "a broadcast that is paid too little",
    by: "thirdParty",
    request: (s) =>
      Promise.resolve({
        to: s.home.contracts.broadcaster,
        data: abi.broadcaster.encodeFunctionData("broadcast", [
          [s.sat1.selector],
          ZeroAddress,
          parseEther("1"),
        ]),
        value: 1n,
      }),
    layer: "broadcaster  InsufficientFee(",
    says: [
      "broadcaster.broadcast reverted on local-home",
      / costs \d+ wei of the fee token, and 1 were available/,
    ],
  },
  {
    what: "a pause by an account without the role",
    by: "thirdParty",
    request: (s) =>
      Promise.resolve({
        to: s.home.contracts.token,
        data: abi.token.encodeFunctionData("pause"),
      }),
    layer: "AccessControlUnauthorizedAccount(",
    says: [/token\.pause reverted on local-home/, /0x\w{40} lacks GUARDIAN_ROLE on local-home/],
    commands: ["npx hardhat roles show --mesh local"],
  },
];

describe(`The message doctor on transactions that reverted (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    await s.mint("alice", parseEther("1000000"));
    await mined(s.tokenOn(s.home, "alice").approve(s.home.ccip.router, MaxUint256));
  });

  for (const { what, by = "alice", request, inject, layer, says, commands = [] } of REVERTED) {
    it(what, async () => {
      const s = scenario();
      const sending = await request(s);
      await inject?.(s);
      const hash = await mineAnyway(s, s.home, by, sending);
      const found = await diagnose(s.mesh, hash);
      expect(found.verdict).to.equal("reverted");
      expect(found.text.replace(/ +/g, " ")).to.include(layer.replace(/ +/g, " "));
      for (const words of says) {
        if (typeof words === "string") expect(found.text).to.include(words);
        else expect(found.text).to.match(words);
      }
      expect(found.commands).to.deep.equal(commands);
    });
  }

  it("prints no command that opens a lane which the mesh file also closes", async () => {
    const s = scenario();
    const sending = await ccipSend(s, {});
    await s.setLimits(s.home, s.sat1, { outbound: CLOSED });
    const hash = await mineAnyway(s, s.home, "alice", sending);
    const { text, commands } = await diagnose(closing(s.mesh, { from: s.home, to: s.sat1 }), hash);
    expect(text).to.include("ask who closed it before it is opened");
    expect(commands).to.be.empty;
  });

  it("widens nothing when the limit has been removed since", async () => {
    const s = scenario();
    const sending = await ccipSend(s, { amount: tooMuch(s) });
    const hash = await mineAnyway(s, s.home, "alice", sending);
    await s.setLimits(s.home, s.sat1, "unlimited");
    const { text, commands } = await diagnose(s.mesh, hash);
    expect(text)
      .to.include("never fit the outbound bucket of local-home for local-sat1")
      .and.to.include("the same call would succeed now");
    expect(commands).to.be.empty;
  });

  it("names the current obstacle when it is another one", async () => {
    const s = scenario();
    const sending = await ccipSend(s, { amount: tooMuch(s) });
    const hash = await mineAnyway(s, s.home, "alice", sending);
    const pool = s.poolOn(s.home, await s.timelock(s.home));
    await mined(pool.applyChainUpdates([s.sat1.selector], []));
    const { text, commands } = await diagnose(s.mesh, hash);
    expect(text.replace(/ +/g, " "))
      .to.include("never fit the outbound bucket of local-home for local-sat1")
      .and.to.include("refused by\n pool TokenMaxCapacityExceeded(")
      .and.to.include("would revert now, too")
      .and.to.include("The pool of local-home has no lane to local-sat1");
    expect(commands).to.deep.equal(["npx hardhat mesh apply --mesh local"]);
  });

  it("names the chain whose contract was called, of those behind one endpoint", async () => {
    const s = scenario();
    const data = abi.token.encodeFunctionData("pause");
    const hash = await mineAnyway(s, s.sat1, "thirdParty", { to: s.sat1.contracts.token, data });
    const { text } = await diagnose(s.mesh, hash);
    expect(text).to.include("token.pause reverted on local-sat1 at ");
  });

  it("names no amount of another token", async () => {
    const s = scenario();
    const sending = await ccipSend(s, { token: s.home.ccip.link, value: parseEther("1") });
    const { text } = await diagnose(s.mesh, await mineAnyway(s, s.home, "alice", sending));
    expect(text).to.include("router.ccipSend to local-sat1 reverted on local-home at ");
  });

  it("is replayed on the state before its block, whatever follows it there", async () => {
    const s = scenario();
    const sending = await ccipSend(s, {});
    await mined(s.tokenOn(s.home, "guardian").pause());
    const { provider } = s.ccipChain(s.home);
    await provider.send("evm_setAutomine", [false]);
    let hash = "";
    try {
      const fees = (tip: bigint) => ({
        gasLimit: 500_000n,
        maxFeePerGas: parseUnits("100", "gwei"),
        maxPriorityFeePerGas: tip,
      });
      ({ hash } = await s.signer(s.home, "alice").sendTransaction({ ...sending, ...fees(2n) }));
      await s.tokenOn(s.home, "operations").unpause(fees(1n));
    } finally {
      await provider.send("evm_mine", []);
      await provider.send("evm_setAutomine", [true]);
    }
    const { text } = await diagnose(s.mesh, hash);
    expect(text)
      .to.include("The token of local-home is paused")
      .and.to.include("the same call would succeed now");
  });

  it("reports when the obstacle is gone", async () => {
    const s = scenario();
    const sending = await ccipSend(s, {});
    await mined(s.tokenOn(s.home, "guardian").pause());
    const hash = await mineAnyway(s, s.home, "alice", sending);
    await mined(s.tokenOn(s.home, "operations").unpause());
    const { text, commands } = await diagnose(s.mesh, hash);
    expect(text)
      .to.include("The token of local-home is paused")
      .and.to.include("the same call would succeed now")
      .and.to.include("1. send it again");
    expect(commands).to.be.empty;
  });
});

/** Returns an amount above the capacity of the declared bucket. */
function tooMuch({ mesh }: Scenario): bigint {
  return outboundLimit(mesh.config).capacity + AMOUNT;
}

/** Sends tokens of alice to the first satellite, for the quoted fee unless a value is given. */
async function ccipSend(
  s: Scenario,
  {
    amount = AMOUNT,
    selector = s.sat1.selector,
    value,
    feeToken,
    token = s.home.contracts.token,
  }: {
    readonly amount?: bigint;
    readonly token?: string;
    readonly selector?: bigint;
    readonly value?: bigint;
    readonly feeToken?: string;
  },
): Promise<TransactionRequest> {
  const { ccip } = s.home;
  const receiver = s.address("alice");
  const transfer = { source: s.home, destination: s.sat1, receiver, amount };
  const fee = value ?? (await readFee(transfer, s.home.provider)).amount;
  const message = toRouterMessage({
    receiver,
    tokens: [{ token, amount }],
    ...(feeToken !== undefined && { feeToken }),
  });
  return {
    to: ccip.router,
    data: released("router").interface.encodeFunctionData("ccipSend", [selector, message]),
    value: fee,
  };
}
