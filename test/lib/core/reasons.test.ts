import { expect } from "chai";
import { AbiCoder, Interface } from "ethers";
import type { ErrorFragment } from "ethers";
import "ccip-localnet";
import { knownErrors } from "ccip-localnet/protocol";

import { abi } from "../../../lib/core/abis";
import {
  REASONS,
  briefReason,
  explainReason,
  explainRevert,
  isPermanent,
} from "../../../lib/core/reasons/catalogue";
import type { ReasonContext } from "../../../lib/core/reasons/reason";
import { decode, ownErrors } from "../../../lib/core/revert/revertChain";

/** Errors of our contracts that the catalogue leaves out, and why they cannot occur. */
const NOT_MET: Readonly<Record<string, string>> = {
  AddressEmptyCode: "of an upgrade, which names a contract with code",
  ERC1967InvalidImplementation: "of an upgrade, which names a contract with code",
  ERC1967NonPayable: "of an upgrade with value, which no step sends",
  UUPSUnauthorizedCallContext: "of an upgrade that goes around the proxy",
  UUPSUnsupportedProxiableUUID: "of an upgrade to something else than a UUPS contract",
  InvalidInitialization: "of a second initialization, which no step sends",
  NotInitializing: "of code that is not deployed",
  OwnableInvalidOwner: "of a constructor, which is given an owner",
  ERC20InvalidApprover: "of the zero address as a sender",
  ERC20InvalidSender: "of the zero address as a sender",
  SafeCastOverflowedUintDowncast: "of values that are checked before",
  SafeERC20FailedOperation: "of a token that returns false; ours reverts",
  TimelockInvalidOperationLength: "of a batch that is encoded by hand",
  CannotTransferToSelf: "of a transfer of ownership to the owner",
  OwnerCannotBeZero: "of a constructor, which is given an owner",
  InvalidShortString: "of the wrapper's constructor, which keeps a long name elsewhere",
  StringTooLong: "of the wrapper's constructor, which keeps a long name elsewhere",
  ReceiverMismatch: "of the rate feed's constructor, which is given the chain's own receiver",
  ReceiverOfAnotherToken: "of the rate feed's constructor, which is given the chain's own receiver",
  InvalidDecimalArgs: "of a constructor; both decimals are 18",
  InvalidRemoteChainDecimals: "of TokenPool's pool data; ours has its own",
  OverflowDetected: "of TokenPool's decimals; both are 18",
  InvalidTokenTransferFeeConfig: "of pool fees, which are refused before",
  InvalidTransferFeeBps: "of pool fees, which are refused before",
  ZeroAddressInvalid: "of a constructor, which is given addresses",
  ZeroAddressNotAllowed: "of a constructor, which is given addresses",
};

const CONTEXT: ReasonContext = {
  mesh: { name: "any", live: true, symbol: "RUSD" },
  direction: "send",
  chain: "op-sepolia",
  peer: "base-sepolia",
  at: 0n,
};

const EXECUTION: ReasonContext = {
  ...CONTEXT,
  direction: "execution",
  message: {
    kind: "transfer",
    isOurs: true,
    receiver: "0x1",
    gasLimit: 1n,
    sourceSelector: 7n,
    tokens: [],
    incoming: 1n,
    offRamp: { address: "0x2", isNamed: true },
  },
};

/** Every version of every error that can be met, by name. */
function errorsOf(contracts: readonly Interface[]): Map<string, ErrorFragment[]> {
  const errors = new Map<string, ErrorFragment[]>();
  for (const contract of contracts) {
    contract.forEachError((error) =>
      errors.set(error.name, [...(errors.get(error.name) ?? []), error]),
    );
  }
  return errors;
}

const own = errorsOf(Object.values(abi));
const known = errorsOf([...ownErrors(), ...knownErrors()]);

/** Revert data of an error whose arguments are all zero. */
function zeros(error: ErrorFragment): string {
  return new Interface([error]).encodeErrorResult(
    error,
    error.inputs.map((input) => AbiCoder.defaultAbiCoder().getDefaultValue([input])[0] as unknown),
  );
}

describe("The catalogue of revert reasons", () => {
  it("has every custom error of our contracts, or the reason why it cannot occur", () => {
    const missing = [...own.keys()].filter((name) => !REASONS[name] && !NOT_MET[name]);
    expect(missing).to.deep.equal([]);
    expect(Object.keys(NOT_MET).filter((name) => REASONS[name] ?? !own.has(name))).to.deep.equal(
      [],
    );
  });

  it("has no error that cannot be decoded", () => {
    expect(Object.keys(REASONS).filter((name) => !known.has(name))).to.deep.equal([]);
  });

  for (const [name, reason] of Object.entries(REASONS)) {
    it(`${name}: reads existing arguments of the error, and builds whole sentences from them`, () => {
      const fragments = known.get(name) ?? [];
      const names = new Set(fragments.flatMap(({ inputs }) => inputs.map((input) => input.name)));
      const read = new Set<string>();
      const values = (data: string) =>
        new Proxy(decode(data).values, {
          get: (all: Record<string, string>, key: string) => {
            read.add(key);
            return all[key];
          },
        });
      for (const error of fragments) {
        for (const context of [CONTEXT, EXECUTION]) {
          const { why, fixes } = explainReason(context, name, values(zeros(error)));
          expect(why).to.match(/\.$/).and.not.to.include("undefined");
          for (const { note } of fixes) expect(note).not.to.include("undefined");
        }
      }
      expect([...read].filter((key) => !names.has(key))).to.deep.equal([]);
      expect(reason.brief).to.match(/^(?:[a-z]|CCIP|RMN).*[^.]$/);
    });
  }

  const rows: readonly {
    readonly error: string;
    readonly args?: readonly unknown[];
    readonly context?: ReasonContext;
    readonly why: RegExp;
    readonly fixes: readonly RegExp[];
    readonly isFinal?: true;
  }[] = [
    {
      error: "EnforcedPause",
      why: /The token of op-sepolia is paused/,
      fixes: [/token unpause --chain op-sepolia --mesh any/],
    },
    {
      error: "ChainNotAllowed",
      args: [7n],
      why: /The pool of op-sepolia has no lane to base-sepolia/,
      fixes: [/mesh apply/],
    },
    {
      error: "ChainNotAllowed",
      args: [7n],
      context: EXECUTION,
      why: /has no lane from base-sepolia/,
      fixes: [/mesh apply/],
    },
    {
      error: "UnexpectedSource",
      args: [7n, `0x${"00".repeat(12)}${"11".repeat(20)}`],
      context: EXECUTION,
      why: /this is from 0x1{40} on base-sepolia\. Refusing it is right/,
      fixes: [/the tokens that it carries stay in flight/],
      isFinal: true,
    },
    {
      error: "GrowthFactorOutOfBounds",
      args: [2n * 10n ** 27n, 9n * 10n ** 26n, 11n * 10n ** 26n],
      why: /A change of \+100 % is outside of the bounds of one rebase, -10 % to \+10 %/,
      fixes: [/use a smaller change/],
    },
    {
      error: "DestinationChainNotSupportedByCCV",
      args: [`0x${"22".repeat(20)}`, 7n],
      why: /The verifier 0x2{40} does not serve base-sepolia/,
      fixes: [/have its owner add the chain/],
    },
    {
      error: "StaleGasPrice",
      args: [7n, 60n, 3_600n],
      why: /no gas price of base-sepolia for 1 h, and takes none older than 1 min/,
      fixes: [/wait until the DON has reported one/],
    },
  ];
  for (const { error, args = [], context = CONTEXT, why, fixes, isFinal = false } of rows) {
    it(`explains ${error} of a message that is ${context.direction === "send" ? "sent" : "executed"}`, () => {
      const [fragment = expect.fail("No such error.")] = known.get(error) ?? [];
      const data = new Interface([fragment]).encodeErrorResult(fragment, args);
      const explained = explainRevert(context, decode(data));
      expect(explained.why).to.match(why);
      expect(explained.isFinal).to.equal(isFinal);
      expect(explained.fixes).to.have.length(fixes.length);
      fixes.forEach((fix, i) => {
        const { command, note } = explained.fixes[i] ?? {};
        expect(`${command} ${note}`).to.match(fix);
      });
    });
  }

  it("explains an unlisted error by the error itself, and treats it as temporary", () => {
    const data = new Interface(["error Error(string)"]).encodeErrorResult("Error", ["odd"]);
    expect(explainRevert(CONTEXT, decode(data)).why).to.include('Error("odd")');
    expect(briefReason(decode(data))).to.equal('Error: "odd"');
    expect(isPermanent(decode(data))).to.equal(false);
    expect(briefReason(decode("0x"))).to.include("out of gas");
  });
});
