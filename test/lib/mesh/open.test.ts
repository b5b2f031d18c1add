import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { toBeHex } from "ethers";

import { localMesh } from "../../../config/meshes/local";
import { parseMesh } from "../../../lib/core/mesh/parse";
import { deploymentsOf, openChain } from "../../../lib/mesh/open";
import type { ConnectedChain } from "../../../lib/mesh/open";

const CONFIG = parseMesh(localMesh());

describe("A chain as its deployment records tell it", () => {
  let deployments: string;
  beforeEach(() => {
    deployments = mkdtempSync(path.join(tmpdir(), "records-"));
  });
  afterEach(() => rmSync(deployments, { recursive: true }));

  /** Writes a record of each contract, with the block of its deployment, and opens the chain. */
  function opened(name: string, blocks: Partial<Record<string, number>>) {
    const role = name === CONFIG.home ? "home" : "satellite";
    mkdirSync(path.join(deployments, name));
    for (const [i, contract] of deploymentsOf(CONFIG, role).entries()) {
      const receipt = { blockNumber: blocks[contract] ?? 1_000 + i };
      const record = { address: toBeHex(i + 1, 20), abi: [], receipt };
      writeFileSync(path.join(deployments, name, `${contract}.json`), JSON.stringify(record));
    }
    return openChain(CONFIG, { name } as ConnectedChain, deployments);
  }

  for (const [name, contracts] of [
    ["local-home", ["RebaseController", "RebaseBroadcaster"]],
    ["local-sat1", ["RebaseReceiver"]],
  ] as const) {
    for (const first of ["TimelockController", "RebaseToken", "RebaseTokenPool", ...contracts]) {
      it(`begins on ${name} with the first of its contracts, the ${first}`, () => {
        expect(opened(name, { [first]: 7 }).deployedAt).to.equal(7);
      });
    }

    it(`knows on ${name} when its newest pool was deployed`, () => {
      expect(opened(name, { RebaseTokenPool: 2_000 }).poolDeployedAt).to.equal(2_000);
    });
  }
});
