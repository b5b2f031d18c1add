import { ZeroAddress } from "ethers";
import { readOne, readRampVersion, released } from "ccip-localnet/protocol";
import { z } from "zod";

import { abi, contractAt } from "../../core/abis";
import type { Mesh, SatelliteChain } from "../../core/mesh/mesh";
import { isContractError } from "../../core/revert/contractError";
import type { PinnedChain } from "../../rpc/pinned";
import { fact } from "../drift";
import type { Drift } from "../drift";
import type { Call, Step } from "../step";
import { TO_DO, call, chainText, change, when, who } from "../stepBuilders";
import { isCcipReceiver } from "./erc165";
import type { TokenState } from "./token";

export interface ReceiverState {
  readonly owner: string;
  readonly pendingOwner: string;
  readonly sourceSelector: bigint;
  readonly broadcaster: string;
  readonly router: string;
  /** The router to remove: the previous one, or the current one while it is not CCIP's; zero when there is none. */
  readonly oldRouter: string;
  /**
   * The home's messages that CCIP still delivers through the old router: current ones, or only those of OffRamps
   * that CCIP's router no longer names.
   */
  readonly previousCarries: "new messages" | "old messages" | "nothing";
}

/** Reads the receiver of a satellite, and the messages that CCIP still delivers through its old router. */
export async function readReceiver(
  { home }: Mesh,
  { ccip, contracts }: SatelliteChain,
  pinned: PinnedChain,
): Promise<ReceiverState> {
  const receiver = contractAt.receiver(contracts.receiver, pinned);
  const [owner, pendingOwner, { selector: sourceSelector, broadcaster }, router, previousRouter] =
    await Promise.all([
      receiver.owner(),
      receiver.pendingOwner(),
      receiver.getSource(),
      receiver.getRouter(),
      receiver.getPreviousRouter(),
    ]);
  const oldRouter = router === ccip.router ? previousRouter : router;
  const previousCarries =
    oldRouter === ZeroAddress
      ? "nothing"
      : await carriedBy(oldRouter, { pinned, router: ccip.router, source: home.selector });
  return {
    owner,
    pendingOwner,
    sourceSelector,
    broadcaster,
    router,
    oldRouter,
    previousCarries,
  };
}

async function carriedBy(
  oldRouter: string,
  {
    pinned,
    router,
    source,
  }: { readonly pinned: PinnedChain; readonly router: string; readonly source: bigint },
): Promise<ReceiverState["previousCarries"]> {
  const [now = [], before = []] = await Promise.all(
    [router, oldRouter].map((named) => routersBehind(pinned, named, source)),
  );
  const isUsed = now.includes(oldRouter) || before.includes(oldRouter);
  const isMoved = now.includes(router) && !now.includes(oldRouter);
  return !isUsed ? "nothing" : isMoved ? "old messages" : "new messages";
}

const offRamps = z.array(z.object({ sourceChainSelector: z.bigint(), offRamp: z.string() }));
const sourceConfig = z.object({ router: z.string() });

/** Returns the routers through which the OffRamps that a router names deliver messages of a source. */
async function routersBehind(
  pinned: PinnedChain,
  router: string,
  source: bigint,
): Promise<string[]> {
  const contract = { address: router, interface: released("router").interface };
  const named = await orNothing([], () => readOne(pinned, contract, "getOffRamps", [], offRamps));
  const used = await Promise.all(
    named
      .filter(({ sourceChainSelector }) => sourceChainSelector === source)
      .map(({ offRamp: address }) =>
        orNothing(undefined, async () => {
          // Ramps before 1.6 belong to no supported lane.
          const version = await readRampVersion(pinned, address);
          if (!version) return undefined;
          const ramp = { address, interface: released("offRamp", version).interface };
          return (await readOne(pinned, ramp, "getSourceChainConfig", [source], sourceConfig))
            .router;
        }),
      ),
  );
  return used.filter((address) => address !== undefined);
}

/** Returns a default where a contract reverts: an old router may be any contract. */
async function orNothing<T>(nothing: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isContractError(error)) return nothing;
    throw error;
  }
}

/** Compares the receiver's immutable token address, and checks that CCIP would call it. */
export async function receiverDrift(
  { contracts }: SatelliteChain,
  pinned: PinnedChain,
): Promise<Drift[]> {
  const [token, answers] = await Promise.all([
    contractAt.receiver(contracts.receiver, pinned).getToken(),
    isCcipReceiver(pinned, contracts.receiver),
  ]);
  const again = "deploy another receiver and broadcast to it";
  return [
    fact("receiver/token", token, contracts.token, again),
    fact(
      "receiver/ERC-165",
      answers ? "a CCIP receiver" : "no CCIP receiver within 30,000 gas",
      "a CCIP receiver",
      `CCIP would count its messages as successes without calling it: ${again}`,
    ),
  ];
}

/** Returns the steps that pair a receiver with CCIP's router and the home's broadcaster. */
export function receiverSteps(mesh: Mesh, chain: SatelliteChain, receiver: ReceiverState): Step[] {
  const { name, ccip } = chain;
  const { router, sourceSelector, broadcaster } = receiver;
  const { selector, contracts } = mesh.home;
  return [
    {
      id: `${name}/receiver/router`,
      chain: name,
      title: "take messages from CCIP's router",
      changes: [change("router", router, ccip.router)],
      status: when(router === ccip.router),
      after: [],
      call: byOwner(chain, receiver, abi.receiver.encodeFunctionData("setRouter", [ccip.router])),
    },
    {
      id: `${name}/receiver/source`,
      chain: name,
      title: `listen to the broadcaster of ${mesh.home.name}`,
      changes: [
        change("source chain", chainText(mesh, sourceSelector), chainText(mesh, selector)),
        change("broadcaster", who(broadcaster), contracts.broadcaster),
      ].filter(({ before, after }) => before !== after),
      status: when(sourceSelector === selector && broadcaster === contracts.broadcaster),
      after: [],
      call: byOwner(
        chain,
        receiver,
        abi.receiver.encodeFunctionData("setSource", [selector, contracts.broadcaster]),
      ),
    },
  ];
}

function byOwner({ contracts }: SatelliteChain, { owner }: ReceiverState, data: string): Call {
  return call(owner, "owner of the receiver", contracts.receiver, data);
}

/**
 * Returns the step that removes a receiver's old router, once CCIP delivers through another one. A trusted router
 * can forge broadcasts, so it is removed as soon as the messages it may still deliver are older than the index.
 */
export function previousRouterSteps(
  chain: SatelliteChain,
  { token, receiver }: { readonly token: TokenState; readonly receiver: ReceiverState },
  home: { readonly token: TokenState } | undefined,
): Step[] {
  const { oldRouter, previousCarries } = receiver;
  if (oldRouter === ZeroAddress) return [];
  const { name } = chain;
  const isSynced = home !== undefined && token.epoch >= home.token.epoch;
  const waitsFor =
    previousCarries === "new messages"
      ? `CCIP to move the lane to ${name}: its OffRamp still delivers through ${oldRouter}`
      : previousCarries === "old messages" && !isSynced
        ? `a broadcast that brings ${name} to the home's epoch: an older one may still come through ${oldRouter}`
        : undefined;
  return [
    {
      id: `${name}/receiver/former router`,
      chain: name,
      title: "take no more messages from the previous router",
      changes: [change("previous router", oldRouter, "none")],
      status: waitsFor === undefined ? TO_DO : { kind: "waiting", reason: waitsFor },
      after: [`${name}/receiver/router`],
      call: byOwner(chain, receiver, abi.receiver.encodeFunctionData("dropPreviousRouter")),
    },
  ];
}
