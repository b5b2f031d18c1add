import type { SatelliteChain } from "../core/mesh/mesh";
import { command } from "../core/recovery";
import { OperatorError } from "../core/errors";
import { callText } from "../mesh/callText";
import { readHomeProposals, readProposalStatus } from "../mesh/components/timelock/homeProposals";
import type { HomeProposal, ProposalStatus } from "../mesh/components/timelock/homeProposals";
import { readPending } from "../mesh/components/timelock/operations";
import { requestsOf } from "../mesh/components/timelock/requests";
import type { OperatorContext } from "../mesh/operator";
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

/** Reads the proposals of home for some satellites, oldest first, and what waits at home's timelock. */
export async function readProposals(
  { mesh, store }: OperatorContext,
  satellites: readonly SatelliteChain[],
): Promise<{ readonly made: readonly ReadProposal[]; readonly atHome: readonly WaitingAtHome[] }> {
  const { home } = mesh;
  const { proposalSender } = home.contracts;
  if (proposalSender === undefined) {
    throw new OperatorError(
      "NOT_DEPLOYED",
      `Mesh ${mesh.config.name} has no proposal sender on ${home.name}: declare the section proposals in its mesh file, and deploy.`,
    );
  }
  const pinned = await pinLatest(home.name, home.provider);
  const [all, pending] = await Promise.all([
    readHomeProposals(home, pinned, { store }),
    readPending(home, pinned, { store }),
  ]);
  const made = satellites.map(async (satellite) => {
    const mine = all.filter(({ selector }) => selector === satellite.selector);
    if (mine.length === 0) return [];
    const at = await pinLatest(satellite.name, satellite.provider);
    return Promise.all(
      mine.map(async (proposal): Promise<ReadProposal> => {
        const [status, madeAt] = await Promise.all([
          readProposalStatus(home, satellite, proposal, all, at),
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
  return { made: (await Promise.all(made)).flat(), atHome };
}

function callsOf(satellite: SatelliteChain, { batch }: Pick<HomeProposal, "batch">): string[] {
  return batch.targets.map((to, i) =>
    callText(satellite, { to, data: batch.payloads[i] ?? "0x", value: batch.values[i] ?? 0n }),
  );
}

/** Reads one proposal. @throws OperatorError when home has not made it. */
export async function requireProposal(
  context: OperatorContext,
  satellite: SatelliteChain,
  nonce: bigint,
): Promise<ReadProposal> {
  const { made } = await readProposals(context, [satellite]);
  const found = made.find(({ proposal }) => proposal.nonce === nonce);
  if (found) return found;
  const { name: mesh } = context.mesh.config;
  const known = made.map(({ proposal }) => proposal.nonce).join(", ");
  throw new OperatorError(
    "NOT_FOUND",
    `--nonce ${nonce} is no proposal of home for ${satellite.name}: ${known === "" ? "there is none yet" : `name one of ${known}`}; "${command("proposals show", { chain: satellite.name, mesh })}" lists them.`,
  );
}
