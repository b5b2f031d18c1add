import { scope } from "hardhat/config";

import { define } from "./define";
import { JSON_FLAG, MESH, flag } from "./options";

define(
  scope("contracts", "The contracts of a mesh as they are deployed.").task(
    "verify",
    "Compares the code of every contract with what this checkout compiles to, and names the first difference. Exits 2 if there is one, 1 if a chain was not read.",
  ),
  {
    mesh: MESH,
    explorer: flag(
      "Then submit the contracts of one network to its block explorer: add --network, for example op-sepolia.",
    ),
    json: JSON_FLAG,
  },
  async (typed, hre) => {
    const { runVerify } = await import("../lib/hardhat/verifyContracts");
    return runVerify(hre, typed);
  },
);
