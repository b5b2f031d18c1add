import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { BrowserProvider } from "ethers";
import hre from "hardhat";
import { LocalCcip } from "ccip-localnet";

import { wireMesh } from "../../lib/localnet/wiring";
import { peersOf } from "../../lib/core/mesh/mesh";
import { inProcessChains } from "../../test/shared/inProcessCcip";
import type { MeshWorld } from "../../test/shared/meshFixture";
import { withPoolsOfGeneration1 } from "../../test/shared/newPools";
import { deployMesh } from "../../test/shared/world";
import { loadSdk } from "./sdk";

/** The used part of the SDK. */
interface Sdk {
  readonly EVMChain: {
    fromProvider(provider: BrowserProvider): Promise<{
      getTokenPoolRemotes(
        pool: string,
      ): Promise<Record<string, { remoteToken: string; remotePools: string[] }>>;
      getTokenPoolConfig(
        pool: string,
      ): Promise<{ token: string; router: string; typeAndVersion: string }>;
    }>;
  };
  readonly SELECTORS: Record<string, unknown>;
}

const sdk = loadSdk<Sdk>();

describe("Chainlink's ccip-sdk", () => {
  it("reads the pool: what it is, its token and router, its remote tokens and pools", async () => {
    const { mesh } = await loadFixture(wiredFixture);
    const { contracts, ccip } = mesh.home;
    const chain = await connected(mesh.home.selector);
    const config = await chain.getTokenPoolConfig(contracts.pool);
    expect(config.typeAndVersion).to.equal("RebaseTokenPool 2.0.0");
    expect([config.token, config.router]).to.deep.equal([contracts.token, ccip.router]);
    const remotes = Object.values(await chain.getTokenPoolRemotes(contracts.pool));
    expect(
      remotes.map(({ remoteToken, remotePools }) => [remoteToken, remotePools]),
    ).to.have.deep.members(
      peersOf(mesh, mesh.home).map((peer) => [peer.contracts.token, [peer.contracts.pool]]),
    );
  });

  it("cannot read the remotes of a pool of generation 1, whose number it does not know", async () => {
    const { mesh } = await loadFixture(generation1Fixture);
    const chain = await connected(mesh.home.selector);
    await expect(chain.getTokenPoolRemotes(mesh.home.contracts.pool)).to.be.rejected;
  });
});

/** The SDK on Hardhat's chain, which it knows once it is told of its selectors. */
async function connected(selector: bigint) {
  const { chainId } = await hre.ethers.provider.getNetwork();
  const entry = (one: bigint, name: string) => ({
    selector: one,
    name,
    family: "EVM",
    network_type: "TESTNET",
  });
  sdk.SELECTORS[chainId.toString()] = entry(selector, "local-home");
  const { mesh } = await loadFixture(wiredFixture);
  for (const [i, peer] of mesh.satellites.entries()) {
    sdk.SELECTORS[`9990${i}`] = entry(peer.selector, peer.name);
  }
  return sdk.EVMChain.fromProvider(new BrowserProvider(hre.network.provider));
}

async function wired(): Promise<MeshWorld> {
  const chains = await inProcessChains();
  return { mesh: await deployMesh(chains), chains, ccip: new LocalCcip(chains) };
}

async function wiredFixture(): Promise<MeshWorld> {
  const world = await wired();
  await wireMesh(world.mesh, world);
  return world;
}

async function generation1Fixture(): Promise<MeshWorld> {
  const world = await withPoolsOfGeneration1(await wired());
  await wireMesh(world.mesh, world);
  return world;
}
