import type {
  ProposalReceiver__factory,
  ProposalSender__factory,
  RebaseBroadcaster__factory,
  RebaseController__factory,
  RebaseNotifier__factory,
  RebaseReceiver__factory,
  RebaseTokenPool__factory,
  RebaseToken__factory,
  TimelockController__factory,
  WrappedRebaseToken__factory,
} from "../../typechain-types";
import { deploymentsSchema } from "core/dashboardFile";
import type { DeployedChain, Deployments } from "core/dashboardFile";

import { useReleases } from "./shims/releases";

export type { DeployedChain } from "core/dashboardFile";

/** The ABIs of the project's contracts. Types come from the compiler's output, values from the export. */
export interface OwnAbis {
  readonly token: typeof RebaseToken__factory.abi;
  readonly pool: typeof RebaseTokenPool__factory.abi;
  readonly controller: typeof RebaseController__factory.abi;
  readonly broadcaster: typeof RebaseBroadcaster__factory.abi;
  readonly receiver: typeof RebaseReceiver__factory.abi;
  readonly timelock: typeof TimelockController__factory.abi;
  readonly notifier: typeof RebaseNotifier__factory.abi;
  readonly wrapper: typeof WrappedRebaseToken__factory.abi;
  readonly proposalSender: typeof ProposalSender__factory.abi;
  readonly proposalReceiver: typeof ProposalReceiver__factory.abi;
}

/** The mesh that this dashboard shows. */
export interface MeshDescription extends Omit<Deployments, "abis"> {
  readonly home: DeployedChain;
  readonly satellites: readonly DeployedChain[];
  readonly own: OwnAbis;
  readonly ccip: Deployments["abis"]["ccip"];
}

/**
 * Loads the deployments file beside the page.
 * @throws when it is missing or invalid.
 */
export async function loadMesh(): Promise<MeshDescription> {
  const response = await fetch("./deployments.json", { cache: "no-cache" });
  if (!response.ok) throw new Error("deployments.json does not lie beside this page.");
  return describeMesh(await response.json());
}

/** Validates an export and assigns types to its ABIs. */
export function describeMesh(input: unknown): MeshDescription {
  const { abis, ...mesh } = deploymentsSchema.parse(input);
  useReleases(abis);
  const home = mesh.chains.find(({ role }) => role === "home");
  if (!home) throw new Error("The deployments export names no home chain.");
  const { own } = abis;
  return {
    ...mesh,
    home,
    satellites: mesh.chains.filter((chain) => chain !== home),
    ccip: abis.ccip,
    // The export is generated from the same factories as the types.
    own: {
      token: own.RebaseToken as unknown as OwnAbis["token"],
      pool: own.RebaseTokenPool as unknown as OwnAbis["pool"],
      controller: own.RebaseController as unknown as OwnAbis["controller"],
      broadcaster: own.RebaseBroadcaster as unknown as OwnAbis["broadcaster"],
      receiver: own.RebaseReceiver as unknown as OwnAbis["receiver"],
      timelock: own.TimelockController as unknown as OwnAbis["timelock"],
      notifier: own.RebaseNotifier as unknown as OwnAbis["notifier"],
      wrapper: own.WrappedRebaseToken as unknown as OwnAbis["wrapper"],
      proposalSender: own.ProposalSender as unknown as OwnAbis["proposalSender"],
      proposalReceiver: own.ProposalReceiver as unknown as OwnAbis["proposalReceiver"],
    },
  };
}

/** Returns the symbol of a chain's native currency, or "native" if it is unknown. */
export function nativeSymbol({ nativeCurrency }: Pick<DeployedChain, "nativeCurrency">): string {
  return nativeCurrency?.symbol ?? "native";
}

/** Converts an address to viem's type: the schema has validated it. */
export function hex(value: string): `0x${string}` {
  return value as `0x${string}`;
}
