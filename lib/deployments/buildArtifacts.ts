import type { Layout } from "./layout";

import type { Artifact } from "./artifact";
import type { DeploymentStore } from "./store";

/** Where contracts come from, and where it is written down that they are deployed. */
export interface BuildArtifacts {
  /** hardhat-deploy's records of a network. */
  deploymentStore(network: string): DeploymentStore;
  /**
   * What the compiler made of a contract of this checkout.
   * @throws when there is none of that name.
   */
  artifact(name: string): Promise<Artifact>;
  /** Where a contract of this checkout keeps what. */
  layout(name: string): Promise<Layout>;
  /** Where the upgradeable contract of that name keeps what, as it is kept in git. */
  committedLayout(name: string): Layout;
}
