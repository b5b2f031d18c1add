import {
  decodeFunctionData,
  encodeAbiParameters,
  encodeErrorResult,
  encodeEventTopics,
  parseAbi,
  zeroAddress,
  zeroHash,
} from "viem";
import type { Log } from "viem";
import { beforeAll, describe, expect, it, vi } from "vitest";

import { RebaseBroadcaster__factory } from "../../typechain-types";
import { broadcastCall, refusedLanes } from "../src/data/broadcast";
import { clientOf } from "../src/data/client";
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

describe("The transaction of a broadcast", () => {
  const { abi } = RebaseBroadcaster__factory;
  const home = { name: "local-home", chainId: 31_401, rpcUrl: "http://localhost:1", contracts: {} };
  const described = { own: { broadcaster: abi }, home } as unknown as MeshDescription;

  it.each<[string, bigint[], bigint[], string]>([
    ["exactly the satellites that lack the index", [7n, 8n], [8n, 7n], "broadcastPending"],
    ["one of several that lack it", [7n], [8n, 7n], "broadcast"],
    ["one that has it, and one that lacks it", [7n, 8n], [8n], "broadcast"],
    ["one that has it", [7n], [8n], "broadcast"],
  ])("to %s names what it is for, and spends a tenth above the fee", async (_, ...of) => {
    const [chosen, pending, method] = of;
    const read = vi.spyOn(clientOf(described.home), "readContract");
    read.mockImplementation(({ functionName }: { functionName: string }) =>
      Promise.resolve(functionName === "quote" ? [1_000n, []] : pending),
    );
    const { data, value } = await broadcastCall(described, chosen);
    read.mockRestore();
    const { functionName, args } = decodeFunctionData({ abi, data });
    expect([functionName, value]).toEqual([method, 1_100n]);
    if (method === "broadcast") expect(args).toEqual([chosen, zeroAddress, 1_100n]);
    else expect(args).toEqual([zeroAddress, 1_100n, 0n]);
  });
});

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
