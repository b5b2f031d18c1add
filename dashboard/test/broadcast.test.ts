import {
  encodeAbiParameters,
  encodeErrorResult,
  encodeEventTopics,
  parseAbi,
  zeroAddress,
  zeroHash,
} from "viem";
import type { Log } from "viem";
import { beforeAll, describe, expect, it } from "vitest";

import { refusedLanes } from "../src/data/broadcast";
import type { MeshDescription } from "../src/deployments";
import { useReleases } from "../src/shims/releases";

beforeAll(() =>
  useReleases({
    ccip: {
      router: [],
      onRamp: [],
      offRamp: [],
      feeQuoter: [],
      rmnRemote: [],
      burnMintPool: [],
      revertingReceiver: [],
    },
    ccip20: {
      onRamp: [],
      offRamp: [],
      feeQuoter: [],
      committeeVerifier: [],
      verifierResolver: [],
      executorImplementation: [],
    },
  }),
);

const broadcaster = parseAbi([
  "event BroadcastFailed(uint64 indexed selector, uint32 indexed epoch, bytes reason)",
  "event BroadcastSent(uint64 indexed selector, bytes32 indexed messageId, uint32 indexed epoch, address feeToken, uint256 fee)",
  "error FeeAboveMaximum(uint256 fee, uint256 maxFee)",
]);
const mesh = {
  own: { broadcaster },
  chains: [{ name: "local-sat1", selector: 7n }],
} as unknown as Pick<MeshDescription, "own" | "chains">;
const failed = {
  data: encodeAbiParameters(
    [{ type: "bytes" }],
    [encodeErrorResult({ abi: broadcaster, errorName: "FeeAboveMaximum", args: [12n, 11n] })],
  ),
  topics: encodeEventTopics({
    abi: broadcaster,
    eventName: "BroadcastFailed",
    args: { selector: 7n, epoch: 3 },
  }),
} as unknown as Log;

describe("The outcome of a mined broadcast", () => {
  it("is not done when no lane accepted it", () =>
    expect(refusedLanes(mesh, [failed])).toMatch(
      /^The lane to Satellite 1 took nothing and was paid nothing: .*FeeAboveMaximum/,
    ));

  it("lists the lanes that did not accept it when others did", () => {
    const sent = {
      data: encodeAbiParameters([{ type: "address" }, { type: "uint256" }], [zeroAddress, 5n]),
      topics: encodeEventTopics({
        abi: broadcaster,
        eventName: "BroadcastSent",
        args: { selector: 8n, messageId: zeroHash, epoch: 3 },
      }),
    } as unknown as Log;
    expect(refusedLanes(mesh, [sent, failed])).toMatch(/FeeAboveMaximum.*The others took it\.$/);
    expect(refusedLanes(mesh, [sent])).toBeUndefined();
  });

  it("is done when every lane accepted it", () => expect(refusedLanes(mesh, [])).toBeUndefined());
});
