import { ZeroAddress } from "ethers";
import { readOne, readRampVersion, released } from "ccip-localnet/protocol";
import { z } from "zod";

import { contractAt } from "../../core/abis";
import type { ChainCcip, HomeChain } from "../../core/mesh/mesh";
import { unlessReverted } from "../../core/revert/contractError";
import type { PinnedChain } from "../../rpc/pinned";

/** The routers from which a receiver takes messages. */
export interface Routing {
  readonly router: string;
  /** The router to remove: the previous one, or the current one while it is not CCIP's; zero when there is none. */
  readonly oldRouter: string;
  /** The messages that CCIP still delivers through the old router: old ones by OffRamps that its router named before. */
  readonly previousCarries: "new messages" | "old messages" | "nothing";
}

/** Reads the routers of a receiver, and the messages of home that CCIP still delivers through the old one. */
export async function readRouting(
  home: Pick<HomeChain, "selector">,
  ccip: Pick<ChainCcip, "router">,
  address: string,
  pinned: PinnedChain,
): Promise<Routing> {
  const receiver = contractAt.receiver(address, pinned);
  const [router, previousRouter] = await Promise.all([
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
  return { router, oldRouter, previousCarries };
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
