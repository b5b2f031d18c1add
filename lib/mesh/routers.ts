import { ZeroAddress } from "ethers";
import { readOne, readRampVersion, released } from "ccip-localnet/protocol";
import { z } from "zod";

import type { PinnedChain } from "../rpc/pinned";

import { contractAt } from "../core/abis";
import type { SatelliteChain } from "../core/mesh/mesh";
import { isContractError } from "../core/revert/contractError";

/** The routers that a receiver takes messages from. */
export interface ReceiverRouters {
  readonly router: string;
  /** The one to be dropped: the one before, or that of now while it is not CCIP's; zero when there is none. */
  readonly oldRouter: string;
  /**
   * The messages of the home that CCIP still hands over through the former router: what is sent now, or only
   * what was sent over OffRamps that CCIP's router does not name.
   */
  readonly previousCarries: "new messages" | "old messages" | "nothing";
}

/** Reads the routers of a satellite's receiver, and what CCIP uses the former one for. */
export async function readReceiverRouters(
  { ccip, contracts }: SatelliteChain,
  pinned: PinnedChain,
  homeSelector: bigint,
): Promise<ReceiverRouters> {
  const receiver = contractAt.receiver(contracts.receiver, pinned);
  const [router, previousRouter] = await Promise.all([
    receiver.getRouter(),
    receiver.getPreviousRouter(),
  ]);
  const oldRouter = router === ccip.router ? previousRouter : router;
  if (oldRouter === ZeroAddress) return { router, oldRouter, previousCarries: "nothing" };
  const [now = [], before = []] = await Promise.all(
    [ccip.router, oldRouter].map((named) => routersBehind(pinned, named, homeSelector)),
  );
  const isUsed = now.includes(oldRouter) || before.includes(oldRouter);
  const isMoved = now.includes(ccip.router) && !now.includes(oldRouter);
  const previousCarries = !isUsed ? "nothing" : isMoved ? "old messages" : "new messages";
  return { router, oldRouter, previousCarries };
}

const offRamps = z.array(z.object({ sourceChainSelector: z.bigint(), offRamp: z.string() }));
const sourceConfig = z.object({ router: z.string() });

/** The routers that the OffRamps hand messages of a source to, as far as a router names those OffRamps. */
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
          // Ramps older than 1.6 are no part of any lane that is followed here.
          const version = await readRampVersion(pinned, address);
          if (!version) return undefined;
          const ramp = { address, interface: released("offRamp", version).interface };
          const config = await readOne(
            pinned,
            ramp,
            "getSourceChainConfig",
            [source],
            sourceConfig,
          );
          return config.router;
        }),
      ),
  );
  return used.filter((address) => address !== undefined);
}

/** What a contract answers; something else where it has no answer, for what is asked may be no router at all. */
async function orNothing<T>(nothing: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isContractError(error)) return nothing;
    throw error;
  }
}
