import { expect } from "chai";
import { id, parseEther } from "ethers";
import { encodeAddress } from "ccip-localnet/protocol";

import { ccipAbi } from "../../lib/core/abis";
import { peersOf } from "../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../lib/core/mesh/mesh";
import { inboundLimit, outboundLimit } from "../../lib/core/mesh/limit";
import { auditSupply, isConserved } from "../../lib/supply/audit";
import { RebaseTokenPool__factory } from "../../typechain-types";
import { EXPECTED } from "../shared/ccipExpectations";
import { expectFailure, expectSuccess, failureOf, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const AMOUNT = parseEther("100");

describe(`Transfers while a pool is replaced (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
  });

  it("in order, peers first: messages in flight both ways arrive, and so do later ones [C19]", async () => {
    const s = scenario();
    const [out, back] = [
      { from: s.home, to: s.sat1 },
      { from: s.sat1, to: s.home },
    ];
    for (const route of [out, back]) await s.send(route, "alice", AMOUNT, s.address("bob"));

    const pool = await preparePool(s, s.home);
    for (const peer of s.mesh.satellites) await introduce(s, peer, s.home, pool);
    await switchPool(s, s.home, pool);
    await s.rebase("5");
    // Whichever pool a mesh file names, what the other one sent counts.
    const { home } = s.mesh;
    const renamed = { ...s.mesh, home: { ...home, contracts: { ...home.contracts, pool } } };
    for (const mesh of [s.mesh, renamed]) {
      const audit = await auditSupply(mesh);
      expect(audit.inFlight).to.have.length(2);
      expect(isConserved(audit)).to.equal(true);
    }

    expectSuccess(await s.deliver());
    const grown = (AMOUNT * 105n) / 100n - 1n;
    expect(await s.balanceOf(s.sat1, "bob")).to.equal(grown);
    expect(await s.balanceOf(s.home, "bob")).to.equal(grown);
    await s.expectConserved();

    for (const route of [out, back]) {
      const { message } = await s.send(route, "alice", AMOUNT, s.address("carol"));
      expect(message.tokens[0]?.sourcePool).to.equal(route === out ? pool : s.sat1.contracts.pool);
      expectSuccess(await s.deliver());
      expect(await s.balanceOf(route.to, "carol")).to.equal(AMOUNT);
    }
    await s.expectConserved();
  });

  it("with the old pool removed too early: its messages fail, and arrive once it is known again [C19, F4, I30]", async () => {
    const s = scenario();
    const route = { from: s.home, to: s.sat1 };
    const old = encodeAddress(s.home.contracts.pool);
    const { message } = await s.send(route, "alice", AMOUNT, s.address("bob"));

    const pool = await preparePool(s, s.home);
    await introduce(s, s.sat1, s.home, pool);
    await switchPool(s, s.home, pool);
    const peer = s.poolOn(s.sat1, await s.timelock(s.sat1));
    await mined(peer.removeRemotePool(s.home.selector, old));
    await s.verify(route);

    const refusal = EXPECTED.refusedByPool(
      s.sat1,
      `InvalidSourcePoolAddress(sourcePoolAddress: ${old})`,
    );
    expectFailure(await s.execute(route), refusal);
    expect(await failureOf(s.executeManually(route, message.messageId))).to.contain(refusal);
    await s.expectConserved();

    await mined(peer.addRemotePool(s.home.selector, old));
    expectSuccess([await s.executeManually(route, message.messageId)]);
    expect(await s.balanceOf(s.sat1, "bob")).to.equal(AMOUNT);
    await s.expectConserved();
  });

  it("with home not updated: its messages fail, and arrive once home knows the new pool [C19, F4, I30]", async () => {
    const s = scenario();
    const route = { from: s.sat1, to: s.home };
    const pool = await preparePool(s, s.sat1);
    await switchPool(s, s.sat1, pool);
    const { message } = await s.send(route, "alice", AMOUNT, s.address("bob"));
    await s.verify(route);

    expectFailure(
      await s.execute(route),
      EXPECTED.refusedByPool(
        s.home,
        `InvalidSourcePoolAddress(sourcePoolAddress: ${encodeAddress(pool)})`,
      ),
    );
    await s.expectConserved();

    await introduce(s, s.home, s.sat1, pool);
    expectSuccess([await s.executeManually(route, message.messageId)]);
    expect(await s.balanceOf(s.home, "bob")).to.equal(AMOUNT);
    await s.expectConserved();
  });
});

/** A second pool for the token of a chain, which knows every peer and may mint. */
async function preparePool(s: Scenario, chain: MeshChain): Promise<string> {
  const deployer = s.signer(chain, "deployer");
  const { token } = chain.contracts;
  const pool = await new RebaseTokenPool__factory(deployer).deploy(
    token,
    chain.ccip.rmnProxy,
    chain.ccip.router,
  );
  await pool.waitForDeployment();
  await mined(pool.applyChainUpdates([], remotesOf(s.mesh, chain)));
  const admin = s.tokenOn(chain, await s.timelock(chain));
  await mined(admin.grantRole(id("BRIDGE_ROLE"), pool));
  return pool.getAddress();
}

/** The pool of `chain` takes messages from another pool of `peer`, beside the one it knows. */
async function introduce(
  s: Scenario,
  chain: MeshChain,
  peer: MeshChain,
  pool: string,
): Promise<void> {
  const own = s.poolOn(chain, await s.timelock(chain));
  await mined(own.addRemotePool(peer.selector, encodeAddress(pool)));
}

/** From now on the chain's tokens leave and arrive through another pool; the old one minted its last. */
async function switchPool(s: Scenario, chain: MeshChain, pool: string): Promise<void> {
  const timelock = await s.timelock(chain);
  const { token, pool: old } = chain.contracts;
  const setPool = await timelock.sendTransaction({
    to: chain.ccip.tokenAdminRegistry,
    data: ccipAbi.registry.encodeFunctionData("setPool", [token, pool]),
  });
  await setPool.wait();
  await mined(s.tokenOn(chain, timelock).revokeRole(id("BRIDGE_ROLE"), old));
}

function remotesOf(mesh: Mesh, chain: MeshChain) {
  return peersOf(mesh, chain).map(({ selector, contracts }) => ({
    remoteChainSelector: selector,
    remotePoolAddresses: [encodeAddress(contracts.pool)],
    remoteTokenAddress: encodeAddress(contracts.token),
    outboundRateLimiterConfig: outboundLimit(mesh.config),
    inboundRateLimiterConfig: inboundLimit(mesh.config),
  }));
}
