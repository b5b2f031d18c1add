import { startLocalnet as startNetwork } from "ccip-localnet";
import type {
  LaneOptions,
  LocalCcip,
  LocalnetChain,
  Manifest,
  MigratedLane,
  SavedNetwork,
} from "ccip-localnet";
import { DEFAULT_CCIP_VERSION } from "ccip-localnet/config";
import type { CcipVersion } from "ccip-localnet/protocol";

import { localChains } from "../../config/localChains";

import { removeDeployments } from "./deployments";
import { PROJECT_DIRECTORY, localnetDirectory } from "./manifest";

/** A running local network for a mesh. */
export interface Localnet {
  /** The home chain first. */
  readonly chains: readonly LocalnetChain[];
  /** Not started: step it with `deliver()`, or let it run with `start()`. */
  readonly ccip: LocalCcip;
  readonly manifest: Manifest;
  /** Moves the lane between two chains from CCIP 1.6 to 2.0 while messages are under way. */
  migrateLane(from: string, to: string): Promise<MigratedLane>;
  /** Saves what is on its chains; records of deployments are files beside them. */
  save(): Promise<SavedNetwork>;
  /** Resolves with the reason once a node is gone, which no network survives. */
  readonly failure: Promise<Error>;
  /** Below which its files are. */
  readonly directory: string;
  /** Ends CCIP and the nodes, and removes manifest and deployments. Repeating it does nothing. */
  stop(): Promise<void>;
}

/** Options of {@link startLocalnet}. */
export interface LocalnetOptions {
  /** Number of chains, the home included; 3 by default. */
  readonly chains?: number;
  /** Port of the home chain, the satellites take the next ones; free ones unless named. */
  readonly port?: number;
  /** Below which `.localnet` and `deployments` are written; the project unless named. */
  readonly directory?: string;
  /** The version of CCIP that every lane runs; 2.0 unless named. */
  readonly ccip?: CcipVersion;
  /** The lanes that run another one. */
  readonly lanes?: readonly LaneOptions[];
  /** Goes on from what a network with the same chains and lanes had saved. */
  readonly saved?: SavedNetwork;
}

/**
 * Starts the chains of a mesh with CCIP on each and every lane open, and forgets the deployments of the
 * network before it.
 * @throws when a local network runs already in that directory.
 */
export async function startLocalnet(options: LocalnetOptions = {}): Promise<Localnet> {
  const { directory = PROJECT_DIRECTORY, ccip = DEFAULT_CCIP_VERSION } = options;
  const network = await startNetwork({
    chains: localChains(options.chains),
    ccip,
    port: options.port,
    ...(options.lanes && { lanes: options.lanes }),
    ...(options.saved && { saved: options.saved }),
    directory: localnetDirectory(directory),
  });
  removeDeployments(directory);
  const end = async (): Promise<void> => {
    await network.stop();
    removeDeployments(directory);
  };
  let ended: Promise<void> | undefined;
  return {
    ...network,
    get manifest() {
      return network.manifest;
    },
    directory,
    stop: () => (ended ??= end()),
  };
}
