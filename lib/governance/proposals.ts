import type { SatelliteChain } from "../core/mesh/mesh";
import { command } from "../core/recovery";
import { OperatorError } from "../core/errors";
import { callText } from "../mesh/callText";
import { readHomeProposals, readProposalStatus } from "../mesh/components/timelock/homeProposals";
import type { HomeProposal, ProposalStatus } from "../mesh/components/timelock/homeProposals";
import { readPending } from "../mesh/components/timelock/operations";
import { requestsOf } from "../mesh/components/timelock/requests";
import type { OperatorContext } from "../mesh/operator";
import { eachThatAnswers } from "../mesh/unread";
import type { UnreadChains } from "../mesh/unread";
import { timeOfBlock } from "../rpc/blocks";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";

/** A proposal of home, and how far it is on its satellite. */
export interface ReadProposal {
  readonly satellite: SatelliteChain;
  readonly proposal: HomeProposal;
  readonly status: ProposalStatus;
  /** The calls of its batch, as text. */
  readonly calls: readonly string[];
  /** Time at which home's timelock made it, unix seconds. */
  readonly madeAt: bigint;
  /** The satellite at the block at which it was read. */
  readonly pinned: PinnedChain;
}

/** A batch that home's timelock has not sent yet. */
interface WaitingAtHome {
  readonly satellite: SatelliteChain;
  readonly calls: readonly string[];
  /** Time from which home's timelock may send it, unix seconds. */
  readonly readyAt: bigint;
}

/** The proposals of home for satellites, as far as the chains answer. */
interface ReadProposals {
  /** Those for the satellites that answer, oldest first; none unless home does. */
  readonly made: readonly ReadProposal[];
  /** Batches that home's timelock has not sent yet. */
  readonly atHome: readonly WaitingAtHome[];
  readonly unread: UnreadChains;
}

/** Reads the proposals of home for some satellites, and what waits at home's timelock. */
export async function readProposals(
  { mesh, store, unreachable = new Map<string, Error>() }: OperatorContext,
  satellites: readonly SatelliteChain[],
): Promise<ReadProposals> {
  const { home } = mesh;
  const { proposalSender } = home.contracts;
  if (proposalSender === undefined) {
    throw new OperatorError(
      "NOT_DEPLOYED",
      `Mesh ${mesh.config.name} has no proposal sender on ${home.name}: declare the section proposals in its mesh file, and deploy.`,
    );
  }
  const asked = [home, ...satellites].map(({ name }) => name);
  const silent = new Map([...unreachable].filter(([name]) => asked.includes(name)));
  const ofHome = await eachThatAnswers([home], silent, async () => {
    const pinned = await pinLatest(home.name, home.provider);
    return Promise.all([
      readHomeProposals(home, pinned, { store }),
      readPending(home, pinned, { store }),
    ]);
  });
  const known = ofHome.read.get(home.name);
  if (!known) return { made: [], atHome: [], unread: ofHome.unread };
  const [all, pending] = known;
  const { read: made, unread } = await eachThatAnswers(satellites, silent, async (satellite) => {
    const mine = all.filter(({ selector }) => selector === satellite.selector);
    if (mine.length === 0) return [];
    const at = await pinLatest(satellite.name, satellite.provider);
    return Promise.all(
      mine.map(async (proposal): Promise<ReadProposal> => {
        const [status, madeAt] = await Promise.all([
          readProposalStatus(home, satellite, proposal, { made: all, pending }, at),
          timeOfBlock(home.provider, proposal.blockNumber),
        ]);
        const calls = callsOf(satellite, proposal);
        return { satellite, proposal, status, calls, madeAt, pinned: at };
      }),
    );
  });
  const atHome = pending.flatMap((operation) =>
    requestsOf(operation, proposalSender).flatMap((request): WaitingAtHome[] => {
      const satellite = satellites.find(({ selector }) => selector === request.selector);
      if (!satellite) return [];
      return [{ satellite, calls: callsOf(satellite, request), readyAt: operation.readyAt }];
    }),
  );
  return { made: satellites.flatMap(({ name }) => made.get(name) ?? []), atHome, unread };
}

function callsOf(satellite: SatelliteChain, { batch }: Pick<HomeProposal, "batch">): string[] {
  return batch.targets.map((to, i) =>
    callText(satellite, { to, data: batch.payloads[i] ?? "0x", value: batch.values[i] ?? 0n }),
  );
}

/** Reads one proposal. @throws OperatorError when home has not made it; the error of a chain that does not answer. */
export async function requireProposal(
  context: OperatorContext,
  satellite: SatelliteChain,
  nonce: bigint,
): Promise<ReadProposal> {
  const { made, unread } = await readProposals(context, [satellite]);
  for (const error of unread.values()) throw error;
  const found = made.find(({ proposal }) => proposal.nonce === nonce);
  if (found) return found;
  const { name: mesh } = context.mesh.config;
  const known = made.map(({ proposal }) => proposal.nonce).join(", ");
  throw new OperatorError(
    "NOT_FOUND",
    `--nonce ${nonce} is no proposal of home for ${satellite.name}: ${known === "" ? "there is none yet" : `name one of ${known}`}; "${command("proposals show", { chain: satellite.name, mesh })}" lists them.`,
  );
}
