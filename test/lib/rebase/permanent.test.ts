import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { released } from "ccip-localnet/protocol";

import { abi } from "../../../lib/core/abis";
import { isPermanent } from "../../../lib/core/reasons/catalogue";
import { decode } from "../../../lib/core/revert/revertChain";

const [offRamp, onRamp, feeQuoter] = [
  released("offRamp").interface,
  released("onRamp").interface,
  released("feeQuoter").interface,
] as const;
const { receiver, token } = abi;

/** Returns the OffRamp's error for a receiver that reverts. */
const refusing = (reason: string) => offRamp.encodeErrorResult("ReceiverError", [reason]);

const REFUSALS: readonly (readonly [what: string, data: string, lasts: boolean])[] = [
  ["a curse", onRamp.encodeErrorResult("CursedByRMN", [7n]), true],
  ["a lane that is off", feeQuoter.encodeErrorResult("DestinationChainNotEnabled", [7n]), true],
  ["an old gas price", feeQuoter.encodeErrorResult("StaleGasPrice", [7n, 1n, 2n]), false],
  [
    "a fee for a moment too high",
    feeQuoter.encodeErrorResult("MessageFeeTooHigh", [2n, 1n]),
    false,
  ],
  ["no word at all", refusing("0x"), false],
  [
    "a receiver without its role",
    refusing(token.encodeErrorResult("AccessControlUnauthorizedAccount", [ZeroAddress, ZeroHash])),
    true,
  ],
  [
    "a receiver that listens to another router",
    refusing(receiver.encodeErrorResult("InvalidRouter", [ZeroAddress])),
    true,
  ],
];

describe("Whether a repeated broadcast would be refused again", () => {
  for (const [what, data, lasts] of REFUSALS) {
    it(`${what}: ${lasts ? "yes" : "not for sure"}`, () => {
      expect(isPermanent(decode(data))).to.equal(lasts);
    });
  }
});
