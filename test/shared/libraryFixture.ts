import { ethers } from "hardhat";

import { LibraryHarness__factory } from "../../typechain-types";
import type { LibraryHarness } from "../../typechain-types";

/** The internal libraries, callable from outside. */
export async function libraryFixture(): Promise<{ library: LibraryHarness }> {
  const [deployer] = await ethers.getSigners();
  return { library: await new LibraryHarness__factory(deployer).deploy() };
}
