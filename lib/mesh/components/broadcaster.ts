import { ZeroAddress, formatEther } from "ethers";

import { readCurse } from "../../ccip/rmn";
import { SentMessages } from "../../ccip/sentBroadcast";
import type { ExecutionStatus } from "../../ccip/sentBroadcast";
import { abi, contractAt } from "../../core/abis";
import { feeSymbol, nativeSymbol } from "../../core/chains";
import { withFeeMargin } from "../../core/feeMargin";
import { destinationGas, destinationGasText } from "../../core/mesh/listeners";
import type { HomeChain, Mesh, SatelliteChain } from "../../core/mesh/mesh";
import { unlessReverted } from "../../core/revert/contractError";
import { pinAt } from "../../rpc/pinned";
import type { PinnedChain } from "../../rpc/pinned";
import type { Drift } from "../drift";
import type { Call, Step, StepStatus } from "../step";
import { DONE, TO_DO, call, chainText, change, stepOn, who } from "../stepBuilders";
import { readDefaultAdmin } from "./defaultAdmin";
import type { DefaultAdminState } from "./defaultAdmin";

/** The broadcaster's settings of a destination, the last epoch sent, 0 if none, and the message that carried it. */
interface Destination {
  readonly receiver: string;
  readonly gasLimit: bigint;
  readonly lastEpoch: bigint;
  readonly lastMessageId: string;
}

/** The broadcaster of the home. */
export interface BroadcasterState extends DefaultAdminState {
  readonly router: string;
  /** By selector, with those that are not in the mesh. */
  readonly destinations: ReadonlyMap<bigint, Destination>;
  /** The treasury spender's daily budget, in wei of each fee token. */
  readonly treasuryBudgetPerDay: { readonly native: bigint; readonly link: bigint };
  /** The fee of a broadcast to each destination, in wei of native; without destinations that cannot be quoted. */
  readonly fees: ReadonlyMap<bigint, bigint>;
}

/** The newest broadcast to a satellite without an index, and the outcome of its execution. */
export interface FirstBroadcast extends ExecutionStatus {
  readonly messageId: string;
}

/** The home's state that a first broadcast depends on. */
interface Sending {
  readonly blockNumber: number;
  readonly broadcaster: BroadcasterState;
  readonly token: { readonly epoch: bigint };
}

/** A satellite's state that its first broadcast depends on. */
interface Receiving {
  readonly blockNumber: number;
  readonly token: { readonly epoch: bigint };
  readonly firstBroadcast?: FirstBroadcast;
  readonly drift: readonly Drift[];
}

/** Reads the broadcaster of the home, and CCIP's fee for each of its destinations. */
export async function readBroadcaster(
  { contracts, ccip }: HomeChain,
  pinned: PinnedChain,
): Promise<BroadcasterState> {
  const broadcaster = contractAt.broadcaster(contracts.broadcaster, pinned);
  const [admin, router, selectors, native, link] = await Promise.all([
    readDefaultAdmin(broadcaster),
    broadcaster.getRouter(),
    broadcaster.getDestinations(),
    broadcaster.getTreasuryBudget(ZeroAddress),
    broadcaster.getTreasuryBudget(ccip.link),
  ]);
  // A lane with a curse, which CCIP 2.0 quotes too, and one without a quote cost nothing.
  const quote = async (selector: bigint) => {
    if (await readCurse(pinned, ccip.rmnProxy, selector)) return 0n;
    const quoted = broadcaster.quote([selector], ZeroAddress).then(({ total }) => total);
    return unlessReverted(quoted, 0n);
  };
  const destinations = await Promise.all(
    selectors.map(async (selector) => {
      const [{ receiver, gasLimit, lastEpoch, lastMessageId }, fee] = await Promise.all([
        broadcaster.getDestination(selector),
        quote(selector),
      ]);
      return { selector, fee, known: { receiver, gasLimit, lastEpoch, lastMessageId } };
    }),
  );
  const quoted = destinations.filter(({ fee }) => fee > 0n);
  return {
    ...admin,
    router,
    destinations: new Map(destinations.map(({ selector, known }) => [selector, known])),
    treasuryBudgetPerDay: { native: native.perDay, link: link.perDay },
    fees: new Map(quoted.map(({ selector, fee }) => [selector, fee])),
  };
}

/**
 * Returns the steps that set the broadcaster's router, budgets and destinations, and of these only the ones that
 * {@link loweredDestinationSteps} does not have.
 */
export function broadcasterSteps(mesh: Mesh, now: BroadcasterState): Step[] {
  const { home, satellites, config } = mesh;
  const { router } = home.ccip;
  const members = satellites.map(({ selector }) => selector);
  const thirdParties = [...now.destinations.keys()].filter((one) => !members.includes(one));
  const budgetStep = (token: "native" | "link") => {
    const perDay = config.broadcaster.treasuryBudgetPerDay[token];
    const text = (amount: bigint) =>
      `${formatEther(amount).replace(/\.0$/, "")} ${feeSymbol(home.name, token)}`;
    const feeToken = token === "link" ? home.ccip.link : ZeroAddress;
    const data = abi.broadcaster.encodeFunctionData("setTreasuryBudget", [feeToken, perDay]);
    return stepOn(home, `broadcaster/treasury budget ${token === "link" ? "LINK" : token}`, {
      title: `let the treasury's spender spend at most ${text(perDay)} a day`,
      changes: [change("a day", text(now.treasuryBudgetPerDay[token]), text(perDay))],
      call: byAdmin(home, now, data),
    });
  };
  return [
    stepOn(home, "broadcaster/router", {
      title: "broadcast through CCIP's router",
      changes: [change("router", now.router, router)],
      call: byAdmin(home, now, abi.broadcaster.encodeFunctionData("setRouter", [router])),
    }),
    budgetStep("native"),
    budgetStep("link"),
    ...satellites
      .filter((satellite) => !isLowered(mesh, satellite, now))
      .map((satellite) => destinationStep(mesh, satellite, now)),
    ...thirdParties.map((selector) => {
      const name = chainText(mesh, selector);
      const data = abi.broadcaster.encodeFunctionData("removeDestination", [selector]);
      return stepOn(home, `broadcaster/unknown chain ${selector}`, {
        title: `stop broadcasting to ${name}, which is not in the mesh`,
        changes: [change(`broadcasts to ${name}`, "yes", "no")],
        call: byAdmin(home, now, data),
      });
    }),
  ];
}

function byAdmin({ contracts }: HomeChain, { admin }: BroadcasterState, data: string): Call {
  return call(admin, "default admin of the broadcaster", contracts.broadcaster, data);
}

/** Returns whether a satellite is broadcast to with more gas than it needs, once its listeners are as declared. */
export function isLowered(
  { config }: Mesh,
  { name, selector, contracts: { receiver } }: SatelliteChain,
  { destinations }: Pick<BroadcasterState, "destinations">,
): boolean {
  const known = destinations.get(selector);
  return known?.receiver === receiver && known.gasLimit > destinationGas(config, name).total;
}

/**
 * Returns the steps that lower gas limits, after the steps of listeners on the satellite, which may need more until then.
 * @param listening the steps of the listeners of every chain.
 */
export function loweredDestinationSteps(
  mesh: Mesh,
  now: BroadcasterState,
  listening: readonly Step[],
): Step[] {
  return mesh.satellites
    .filter((satellite) => isLowered(mesh, satellite, now))
    .map((satellite) => {
      const after = listening.filter(({ chain }) => chain === satellite.name).map(({ id }) => id);
      return { ...destinationStep(mesh, satellite, now), after };
    });
}

function destinationStep(
  { home, config }: Mesh,
  { name, selector, contracts: { receiver } }: SatelliteChain,
  now: BroadcasterState,
): Step {
  const known = now.destinations.get(selector);
  const gas = destinationGas(config, name);
  const args: [bigint, string, bigint] = [selector, receiver, gas.total];
  return stepOn(home, `broadcaster/destination ${name}`, {
    title: `broadcast to ${name} with ${destinationGasText(gas)}`,
    changes: [
      change("receiver", who(known?.receiver), receiver),
      change("gas limit", String(known?.gasLimit ?? 0n), String(gas.total)),
    ],
    call: byAdmin(home, now, abi.broadcaster.encodeFunctionData("setDestination", args)),
  });
}

/** Reads the execution of a satellite's first broadcast; undefined when none is needed, was sent or is found. */
export async function readFirstBroadcast(
  { home }: Mesh,
  satellite: SatelliteChain,
  { broadcaster, blockNumber: homeBlock }: Sending,
  { token, blockNumber }: Receiving,
): Promise<FirstBroadcast | undefined> {
  const destination = broadcaster.destinations.get(satellite.selector);
  if (token.epoch > 0n || !destination || destination.lastEpoch === 0n) return undefined;
  const { lastMessageId: messageId } = destination;
  // A broadcast executed after the satellite was read must not seem to have had no effect.
  const pinned = await pinAt(satellite.name, satellite.provider, blockNumber);
  const sent = new SentMessages(home);
  const status = await sent.executionStatusAt(satellite, messageId, homeBlock, pinned);
  return status && { ...status, messageId };
}

/** Returns the step that sends a satellite its first index; it is done once CCIP has executed the message. */
export function genesisStep(
  mesh: Mesh,
  chain: SatelliteChain,
  sending: Sending,
  now: Receiving,
): Step {
  const { home, operator } = mesh;
  const { name, selector } = chain;
  const fee = sending.broadcaster.fees.get(selector);
  const maxFee = withFeeMargin(fee ?? 0n);
  const feeText = fee === undefined ? "" : ` (fee ${formatEther(fee)} ${nativeSymbol(home.name)})`;
  const args: [bigint[], string, bigint] = [[selector], ZeroAddress, maxFee];
  const data = abi.broadcaster.encodeFunctionData("broadcast", args);
  return stepOn(home, `broadcaster/genesis ${name}`, {
    title: `send ${name} its first index`,
    changes: [change(`epoch of ${name}`, "0", `${sending.token.epoch}${feeText}`)],
    status: genesisStatus(mesh, chain, sending, now),
    after: [
      `${home.name}/broadcaster/router`,
      `${home.name}/broadcaster/destination ${name}`,
      `${name}/receiver/router`,
      `${name}/receiver/source`,
      `${name}/token/REBASER_ROLE`,
      // CCIP skips a receiver without the required interface, so the fee would be wasted.
      ...now.drift.filter(({ id }) => id.startsWith("receiver/")).map(({ id }) => `${name}/${id}`),
    ],
    call: call(operator, "anyone who pays the fee", home.contracts.broadcaster, data, maxFee),
  });
}

function genesisStatus(
  { home, config }: Mesh,
  { name, selector }: SatelliteChain,
  { broadcaster: { destinations, fees } }: Sending,
  { token, firstBroadcast }: Receiving,
): StepStatus {
  if (token.epoch > 0n) return DONE;
  const destination = destinations.get(selector);
  if (firstBroadcast?.state === "failure") {
    const { messageId, reason = "" } = firstBroadcast;
    return {
      kind: "waiting",
      cause: "repair",
      reason: `manual work: the first broadcast failed on ${name}, and npx hardhat message doctor ${messageId} --mesh ${config.name} says how to recover it (${reason})`,
    };
  }
  // CCIP counts a message to a receiver without the interface as a success, so it has to be sent again.
  if ((destination?.lastEpoch ?? 0n) > 0n && firstBroadcast?.state !== "success") {
    return { kind: "waiting", reason: `CCIP to execute the first broadcast on ${name}` };
  }
  if (!destination || fees.has(selector)) return TO_DO;
  const reason = `CCIP to quote a fee from ${home.name} to ${name}: the lane is down`;
  return { kind: "waiting", reason };
}
