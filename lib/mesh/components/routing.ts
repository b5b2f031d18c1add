import { ZeroAddress } from "ethers";
import { readOne, readRampVersion, released } from "ccip-localnet/protocol";
import { z } from "zod";

import { abi, contractAt } from "../../core/abis";
import type { ChainCcip, MeshChain } from "../../core/mesh/mesh";
import { unlessReverted } from "../../core/revert/contractError";
import type { PinnedChain } from "../../rpc/pinned";
import type { Call, Step } from "../step";
import { call, change, stepOn } from "../stepBuilders";

/** The routers from which a contract takes CCIP's messages. */
export interface Routing {
  readonly router: string;
  /** The router to remove: the previous one, or the current one while it is not CCIP's; zero when there is none. */
  readonly oldRouter: string;
  /** The messages that CCIP still delivers through the old router: old ones by OffRamps that its router named before. */
  readonly previousCarries: "new messages" | "old messages" | "nothing";
  /** Selectors of the chains of which it carries old messages. */
  readonly oldSources: readonly bigint[];
}

/** A contract that takes messages from CCIP's router, and its owner. */
export interface RoutedContract {
  /** Its name in ids and text: "receiver". */
  readonly part: string;
  readonly address: string;
  readonly owner: string;
}

/**
 * Reads the routers of a contract, and the messages of some chains that CCIP still delivers through the old one.
 * @param sources the chains that send to it.
 */
export async function readRouting(
  sources: readonly Pick<MeshChain, "selector">[],
  ccip: Pick<ChainCcip, "router">,
  address: string,
  pinned: PinnedChain,
): Promise<Routing> {
  const routed = contractAt.receiver(address, pinned);
  const [router, previousRouter] = await Promise.all([
    routed.getRouter(),
    routed.getPreviousRouter(),
  ]);
  const oldRouter = router === ccip.router ? previousRouter : router;
  const lanes = await Promise.all(
    (oldRouter === ZeroAddress ? [] : sources).map(async ({ selector: source }) => {
      const [now, before] = await Promise.all([
        routersBehind(pinned, ccip.router, source),
        routersBehind(pinned, oldRouter, source),
      ]);
      // A router takes messages only from OffRamps that it names.
      const isUsed = before.includes(oldRouter);
      const isMoved = now.includes(ccip.router) && !now.includes(oldRouter);
      const carries = !isUsed ? "nothing" : isMoved ? "old messages" : "new messages";
      return { source, carries } as const;
    }),
  );
  const carried = lanes.map(({ carries }) => carries);
  const previousCarries =
    (["new messages", "old messages"] as const).find((one) => carried.includes(one)) ?? "nothing";
  const oldSources = lanes
    .filter(({ carries }) => carries === "old messages")
    .map(({ source }) => source);
  return { router, oldRouter, previousCarries, oldSources };
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

/** Returns a call by the owner of a contract that takes messages. */
export function byOwner({ part, address, owner }: RoutedContract, data: string): Call {
  return call(owner, `owner of the ${part}`, address, data);
}

/** Returns the step that has a contract take messages from CCIP's router. */
export function routerStep(chain: MeshChain, contract: RoutedContract, now: Routing): Step {
  const { router } = chain.ccip;
  return stepOn(chain, `${contract.part}/router`, {
    title: `take messages for the ${contract.part} from CCIP's router`,
    changes: [change("router", now.router, router)],
    call: byOwner(contract, abi.receiver.encodeFunctionData("setRouter", [router])),
  });
}

/**
 * Returns the step that removes the old router of a contract, once CCIP delivers through another one: a trusted router can
 * forge messages.
 * @param whileOld what it waits for, or rejects, while CCIP delivers old messages through that router.
 */
export function oldRouterSteps(
  chain: MeshChain,
  contract: RoutedContract,
  { oldRouter, previousCarries }: Routing,
  whileOld: Partial<Pick<Step, "status" | "rejects">>,
): Step[] {
  if (oldRouter === ZeroAddress) return [];
  const { part } = contract;
  const { name } = chain;
  const reason = `CCIP to move the lane to ${name}: its OffRamp still delivers through ${oldRouter}`;
  return [
    stepOn(chain, `${part}/previous router`, {
      title: `take no more messages for the ${part} from the previous router`,
      changes: [change("previous router", oldRouter, "none")],
      after: [`${name}/${part}/router`],
      call: byOwner(contract, abi.receiver.encodeFunctionData("dropPreviousRouter")),
      ...(previousCarries === "new messages" && { status: { kind: "waiting", reason } }),
      ...(previousCarries === "old messages" && whileOld),
    }),
  ];
}
