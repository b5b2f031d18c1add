import type { Layout } from "../upgrade/layout";

import type { Artifact } from "./artifact";
import type { DeploymentBook } from "./book";

/** Where contracts come from, and where it is written down that they are deployed. */
export interface Yard {
  /** hardhat-deploy's records of a network. */
  book(network: string): DeploymentBook;
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
