import { ZeroAddress, formatEther } from "ethers";

import { readCurse } from "../../ccip/rmn";
import { abi, contractAt } from "../../core/abis";
import { feeSymbol, nativeSymbol } from "../../core/chains";
import { withFeeMargin } from "../../core/feeMargin";
import type { HomeChain, Mesh, SatelliteChain } from "../../core/mesh/mesh";
import { isContractError } from "../../core/revert/contractError";
import type { PinnedChain } from "../../rpc/pinned";
import { fact } from "../drift";
import type { Drift } from "../drift";
import type { Call, Step, StepStatus } from "../step";
import { DONE, TO_DO, call, chainText, change, when, who } from "../stepBuilders";
import { readDefaultAdmin } from "./defaultAdmin";
import type { DefaultAdminState } from "./defaultAdmin";
import type { FirstBroadcast } from "./firstBroadcast";
import type { TokenState } from "./token";

/** The broadcaster's settings of a destination. */
export interface Destination {
  readonly receiver: string;
  readonly gasLimit: bigint;
  /** The last epoch sent, 0 if none, and the message that carried it. */
  readonly lastEpoch: bigint;
  readonly lastMessageId: string;
}

/** The broadcaster of the home. */
export interface BroadcasterState extends DefaultAdminState {
  readonly router: string;
  /** By selector, without unknown destinations. */
  readonly destinations: ReadonlyMap<bigint, Destination>;
  /** The treasury spender's daily budget, in wei of each fee token. */
  readonly treasuryBudgetPerDay: { readonly native: bigint; readonly link: bigint };
  /** Selectors of destinations that are not in the mesh. */
  readonly thirdParties: readonly bigint[];
  /** The fee of a broadcast to each destination, in wei of native; without destinations that cannot be quoted. */
  readonly fees: ReadonlyMap<bigint, bigint>;
}

/** Reads the broadcaster of the home, and CCIP's fee for each of its destinations. */
export async function readBroadcaster(mesh: Mesh, pinned: PinnedChain): Promise<BroadcasterState> {
  const { contracts, ccip } = mesh.home;
  const broadcaster = contractAt.broadcaster(contracts.broadcaster, pinned);
  const [admin, router, selectors, native, link] = await Promise.all([
    readDefaultAdmin(broadcaster),
    broadcaster.getRouter(),
    broadcaster.getDestinations(),
    broadcaster.getTreasuryBudget(ZeroAddress),
    broadcaster.getTreasuryBudget(ccip.link),
  ]);
  const destinations = await Promise.all(
    selectors.map(async (selector) => {
      const [{ receiver, gasLimit, lastEpoch, lastMessageId }, fee] = await Promise.all([
        broadcaster.getDestination(selector),
        quote(mesh.home, pinned, selector),
      ]);
      return { selector, fee, known: { receiver, gasLimit, lastEpoch, lastMessageId } };
    }),
  );
  const members = new Set(mesh.satellites.map(({ selector }) => selector));
  return {
    ...admin,
    router,
    destinations: new Map(destinations.map(({ selector, known }) => [selector, known])),
    treasuryBudgetPerDay: { native: native.perDay, link: link.perDay },
    thirdParties: [...selectors].filter((selector) => !members.has(selector)),
    fees: new Map(
      destinations.filter(({ fee }) => fee > 0n).map(({ selector, fee }) => [selector, fee]),
    ),
  };
}

/** Returns the fee in wei of native; 0 on a lane without a quote or with a curse, which CCIP 2.0 quotes too. */
async function quote(
  { ccip, contracts }: HomeChain,
  pinned: PinnedChain,
  selector: bigint,
): Promise<bigint> {
  if (await readCurse(pinned, ccip.rmnProxy, selector)) return 0n;
  const broadcaster = contractAt.broadcaster(contracts.broadcaster, pinned);
  try {
    return (await broadcaster.quote([selector], ZeroAddress)).total;
  } catch (error) {
    if (isContractError(error)) return 0n;
    throw error;
  }
}

/** Compares the broadcaster's immutable addresses. */
export async function broadcasterDrift(
  { contracts, ccip }: HomeChain,
  pinned: PinnedChain,
): Promise<Drift[]> {
  const broadcaster = contractAt.broadcaster(contracts.broadcaster, pinned);
  const [token, link] = await Promise.all([broadcaster.getToken(), broadcaster.getLink()]);
  const again = "deploy another broadcaster and pair the receivers with it";
  return [
    fact("broadcaster/token", token, contracts.token, again),
    fact("broadcaster/LINK", link, ccip.link, again),
  ];
}

/** Returns the steps that set the broadcaster's router, budgets and destinations. */
export function broadcasterSteps(mesh: Mesh, now: BroadcasterState): Step[] {
  const { home } = mesh;
  return [
    {
      id: `${home.name}/broadcaster/router`,
      chain: home.name,
      title: "broadcast through CCIP's router",
      changes: [change("router", now.router, home.ccip.router)],
      status: when(now.router === home.ccip.router),
      after: [],
      call: byAdmin(mesh, now, abi.broadcaster.encodeFunctionData("setRouter", [home.ccip.router])),
    },
    ...(["native", "link"] as const).map((token) => treasuryBudgetStep(mesh, token, now)),
    ...mesh.satellites.map((satellite) => destinationStep(mesh, satellite, now)),
    ...now.thirdParties.map((selector): Step => {
      const name = chainText(mesh, selector);
      return {
        id: `${home.name}/broadcaster/unknown chain ${selector}`,
        chain: home.name,
        title: `stop broadcasting to ${name}, which is not in the mesh`,
        changes: [change(`broadcasts to ${name}`, "yes", "no")],
        status: TO_DO,
        after: [],
        call: byAdmin(
          mesh,
          now,
          abi.broadcaster.encodeFunctionData("removeDestination", [selector]),
        ),
      };
    }),
  ];
}

function byAdmin({ home }: Mesh, { admin }: BroadcasterState, data: string): Call {
  return call(admin, "default admin of the broadcaster", home.contracts.broadcaster, data);
}

/** Returns the gas limit that the mesh declares for `ccipReceive` on a satellite. */
export function gasLimitOf({ config }: Pick<Mesh, "config">, network: string): bigint {
  return BigInt(config.chains?.[network]?.gasLimit ?? config.broadcaster.gasLimit);
}

function treasuryBudgetStep(mesh: Mesh, token: "native" | "link", now: BroadcasterState): Step {
  const { home, config } = mesh;
  const perDay = config.broadcaster.treasuryBudgetPerDay[token];
  const before = now.treasuryBudgetPerDay[token];
  const text = (amount: bigint) =>
    `${formatEther(amount).replace(/\.0$/, "")} ${feeSymbol(home.name, token)}`;
  const feeToken = token === "link" ? home.ccip.link : ZeroAddress;
  return {
    id: `${home.name}/broadcaster/treasury budget ${token === "link" ? "LINK" : token}`,
    chain: home.name,
    title: `let the treasury's spender spend at most ${text(perDay)} a day`,
    changes: before === perDay ? [] : [change("a day", text(before), text(perDay))],
    status: when(before === perDay),
    after: [],
    call: byAdmin(
      mesh,
      now,
      abi.broadcaster.encodeFunctionData("setTreasuryBudget", [feeToken, perDay]),
    ),
  };
}

function destinationStep(mesh: Mesh, satellite: SatelliteChain, now: BroadcasterState): Step {
  const { name, selector, contracts } = satellite;
  const { receiver } = contracts;
  const known = now.destinations.get(selector);
  const gasLimit = gasLimitOf(mesh, name);
  return {
    id: destinationId(mesh, satellite),
    chain: mesh.home.name,
    title: `broadcast to ${name} with ${gasLimit} gas`,
    changes: [
      change("receiver", who(known?.receiver), receiver),
      change("gas limit", String(known?.gasLimit ?? 0n), String(gasLimit)),
    ].filter(({ before, after }) => before !== after),
    status: when(known?.receiver === receiver && known.gasLimit === gasLimit),
    after: [],
    call: byAdmin(
      mesh,
      now,
      abi.broadcaster.encodeFunctionData("setDestination", [selector, receiver, gasLimit]),
    ),
  };
}

function destinationId({ home }: Mesh, { name }: SatelliteChain): string {
  return `${home.name}/broadcaster/destination ${name}`;
}

/** The home's state that a first broadcast depends on. */
interface Sending {
  readonly broadcaster: BroadcasterState;
  readonly token: Pick<TokenState, "epoch">;
}

/** A satellite's state that its first broadcast depends on. */
interface Receiving {
  readonly token: Pick<TokenState, "epoch">;
  readonly firstBroadcast?: FirstBroadcast;
  readonly drift: readonly Drift[];
}

/** Returns the step that sends a satellite its first index; it is done once CCIP has executed the message. */
export function genesisStep(
  mesh: Mesh,
  chain: SatelliteChain,
  home: Sending,
  now: Receiving,
): Step {
  const fee = home.broadcaster.fees.get(chain.selector);
  const maxFee = withFeeMargin(fee ?? 0n);
  const feeText =
    fee === undefined ? "" : ` (fee ${formatEther(fee)} ${nativeSymbol(mesh.home.name)})`;
  return {
    id: `${mesh.home.name}/broadcaster/genesis ${chain.name}`,
    chain: mesh.home.name,
    title: `send ${chain.name} its first index`,
    changes: [change(`epoch of ${chain.name}`, "0", `${home.token.epoch}${feeText}`)],
    status: genesisStatus(mesh, chain, home, now),
    after: [
      `${mesh.home.name}/broadcaster/router`,
      destinationId(mesh, chain),
      `${chain.name}/receiver/router`,
      `${chain.name}/receiver/source`,
      `${chain.name}/token/REBASER_ROLE`,
      // CCIP skips a receiver without the required interface, so the fee would be wasted.
      ...now.drift.map(({ id }) => `${chain.name}/${id}`).filter((id) => id.includes("/receiver/")),
    ],
    call: call(
      mesh.operator,
      "anyone who pays the fee",
      mesh.home.contracts.broadcaster,
      abi.broadcaster.encodeFunctionData("broadcast", [[chain.selector], ZeroAddress, maxFee]),
      maxFee,
    ),
  };
}

function genesisStatus(
  mesh: Mesh,
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
      reason: `manual work: the first broadcast failed on ${name}, and npx hardhat message doctor ${messageId} --mesh ${mesh.config.name} says how to recover it (${reason})`,
    };
  }
  // CCIP counts a message to a receiver without the interface as a success, so it has to be sent again.
  if ((destination?.lastEpoch ?? 0n) > 0n && firstBroadcast?.state !== "success") {
    return { kind: "waiting", reason: `CCIP to execute the first broadcast on ${name}` };
  }
  if (destination && !fees.has(selector)) {
    return {
      kind: "waiting",
      reason: `CCIP to quote a fee from ${mesh.home.name} to ${name}: the lane is down`,
    };
  }
  return TO_DO;
}
