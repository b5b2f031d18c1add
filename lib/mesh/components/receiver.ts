import { ZeroAddress } from "ethers";
import { readOne, readRampVersion, released } from "ccip-localnet/protocol";
import { z } from "zod";

import { abi, contractAt } from "../../core/abis";
import type { Mesh, SatelliteChain } from "../../core/mesh/mesh";
import { unlessReverted } from "../../core/revert/contractError";
import type { PinnedChain } from "../../rpc/pinned";
import type { Call, Step } from "../step";
import { TO_DO, call, chainText, change, stepOn, who } from "../stepBuilders";
import type { TokenState } from "./token";

export interface ReceiverState {
  readonly owner: string;
  readonly pendingOwner: string;
  readonly sourceSelector: bigint;
  readonly broadcaster: string;
  readonly router: string;
  /** The router to remove: the previous one, or the current one while it is not CCIP's; zero when there is none. */
  readonly oldRouter: string;
  /** The messages that CCIP still delivers through the old router: old ones by OffRamps that its router named before. */
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
  const [now = [], before = []] = await Promise.all(
    (oldRouter === ZeroAddress ? [] : [ccip.router, oldRouter]).map((named) =>
      routersBehind(pinned, named, home.selector),
    ),
  );
  const isUsed = now.includes(oldRouter) || before.includes(oldRouter);
  const isMoved = now.includes(ccip.router) && !now.includes(oldRouter);
  const previousCarries = !isUsed ? "nothing" : isMoved ? "old messages" : "new messages";
  return { owner, pendingOwner, sourceSelector, broadcaster, router, oldRouter, previousCarries };
}

const offRamps = z.array(z.object({ sourceChainSelector: z.bigint(), offRamp: z.string() }));
const sourceConfig = z.object({ router: z.string() });

/** Returns the routers through which the OffRamps that a router, or any contract, names deliver messages of a source. */
async function routersBehind(pinned: PinnedChain, router: string, source: bigint) {
  const contract = { address: router, interface: released("router").interface };
  const named = readOne(pinned, contract, "getOffRamps", [], offRamps);
  const used = (await unlessReverted(named, []))
    .filter(({ sourceChainSelector }) => sourceChainSelector === source)
    .map(({ offRamp }) => unlessReverted(routerOf(pinned, offRamp, source), []));
  return (await Promise.all(used)).flat();
}

/** Reads the router of an OffRamp; none before CCIP 1.6, of which no lane is supported. */
async function routerOf(pinned: PinnedChain, address: string, source: bigint): Promise<string[]> {
  const version = await readRampVersion(pinned, address);
  if (!version) return [];
  const offRamp = { address, interface: released("offRamp", version).interface };
  return [(await readOne(pinned, offRamp, "getSourceChainConfig", [source], sourceConfig)).router];
}

/** Returns the steps that pair a receiver with CCIP's router and the home's broadcaster. */
export function receiverSteps(mesh: Mesh, chain: SatelliteChain, now: ReceiverState): Step[] {
  const { selector, name, contracts } = mesh.home;
  const { router } = chain.ccip;
  const args: [bigint, string] = [selector, contracts.broadcaster];
  return [
    stepOn(chain, "receiver/router", {
      title: "take messages from CCIP's router",
      changes: [change("router", now.router, router)],
      call: byOwner(chain, now, abi.receiver.encodeFunctionData("setRouter", [router])),
    }),
    stepOn(chain, "receiver/source", {
      title: `listen to the broadcaster of ${name}`,
      changes: [
        change("source chain", chainText(mesh, now.sourceSelector), chainText(mesh, selector)),
        change("broadcaster", who(now.broadcaster), contracts.broadcaster),
      ],
      call: byOwner(chain, now, abi.receiver.encodeFunctionData("setSource", args)),
    }),
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
  const reason =
    previousCarries === "new messages"
      ? `CCIP to move the lane to ${name}: its OffRamp still delivers through ${oldRouter}`
      : previousCarries === "old messages" && !isSynced
        ? `a broadcast that brings ${name} to the home's epoch: an older one may still come through ${oldRouter}`
        : undefined;
  return [
    stepOn(chain, "receiver/previous router", {
      title: "take no more messages from the previous router",
      changes: [change("previous router", oldRouter, "none")],
      status: reason === undefined ? TO_DO : { kind: "waiting", reason },
      after: [`${name}/receiver/router`],
      call: byOwner(chain, receiver, abi.receiver.encodeFunctionData("dropPreviousRouter")),
    }),
  ];
}
