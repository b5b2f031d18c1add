import path from "node:path";

import { setCode, setStorageAt } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { concat, dataLength, dataSlice, toBeHex, zeroPadValue } from "ethers";
import hre from "hardhat";
import { localAccount } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";

import { coreMesh } from "../../../config/meshes/local";
import { Compiled } from "../../../lib/explorer/compiled";
import { verifyChain } from "../../../lib/explorer/verify";
import type { Creation } from "../../../lib/explorer/verify";
import { verifyContracts } from "../../../lib/cli/contracts/verify";
import { chainsOf } from "../../../lib/core/mesh/mesh";
import type { HomeChain, Mesh } from "../../../lib/core/mesh/mesh";
import { RebaseTokenPool__factory, RebaseToken__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { contextAt } from "../../shared/operatorContext";
import { impersonated, deployedMeshFixture } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { completeWorld } from "../../shared/world";

const IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";

const compiled = new Compiled(hre.config.paths.artifacts);

/** A world, and the transaction that created each contract. */
async function verifiableFixture() {
  const world = await loadFixture(deployedMeshFixture);
  return { world, creations: await creationsOf(world.mesh) };
}

async function creationsOf({ home: { provider } }: Mesh): Promise<Map<string, Creation>> {
  const creations = new Map<string, Creation>();
  const latest = await provider.getBlockNumber();
  for (let number = 0; number <= latest; number++) {
    const block = await provider.getBlock(number);
    for (const transactionHash of block?.transactions ?? []) {
      const address = (await provider.getTransactionReceipt(transactionHash))?.contractAddress;
      if (address) creations.set(address, { address, transactionHash, args: [] });
    }
  }
  return creations;
}

async function verify(
  world: MeshWorld,
  {
    json = false,
    creationOf = () => undefined,
    ...change
  }: {
    json?: boolean;
    creationOf?: (network: string, deployment: string) => Creation | undefined;
  } & Parameters<typeof contextAt>[1] = {},
) {
  const { context, output, printed } = contextAt(world, change);
  const { verdicts } = await verifyContracts(context, { json, compiled, creationOf }, output);
  const wrong = verdicts.filter(({ difference }) => difference !== undefined);
  return {
    verdicts,
    printed,
    wrong: wrong.map(({ chain, contract, difference }) => `${chain} ${contract}: ${difference}`),
  };
}

describe("contracts verify", () => {
  it("finds every contract of every chain equal to what this checkout compiles to [H9]", async () => {
    const { world } = await loadFixture(verifiableFixture);
    const { verdicts, wrong, printed } = await verify(world);
    expect(wrong).to.be.empty;
    expect(verdicts).to.have.length(6 + 5 + 5);
    expect(printed.join()).to.include(
      "all 16 contracts are what solc 0.8.26+commit.8a97fa7a makes of this checkout",
    );
  });

  it("compares the optional contracts, and the name that the wrapper's permit signs", async () => {
    const { mesh } = await completeWorld();
    const differences = async (named: Mesh) => {
      const options = { compiled, creationOf: () => undefined };
      const verified = chainsOf(named).map((chain) => verifyChain(named, chain, options));
      return (await Promise.all(verified))
        .flat()
        .flatMap(({ chain, contract, difference }) =>
          difference === undefined ? [] : `${chain} ${contract}: ${difference}`,
        );
    };
    expect(await differences(mesh)).to.deep.equal([]);
    const { config } = mesh;
    const wrapper = {
      symbol: "wRUSD",
      name: "Another Dollar, of a name that is longer than a word",
    };
    const wrong = await differences({ ...mesh, config: { ...config, wrapper } });
    expect(wrong).to.have.length(3);
    expect(wrong.join()).to.match(/wrapper: the immutable _\w+ holds/);
  });

  describe("reports [H9]", () => {
    const faults: {
      what: string;
      fault: (home: HomeChain) => Promise<void>;
      says: string | RegExp;
    }[] = [
      {
        what: "a single byte that is not what the compiler makes",
        fault: async ({ contracts: { controller }, provider }) => {
          const code = await provider.getCode(controller);
          await setCode(
            controller,
            concat([dataSlice(code, 0, 100), "0xfe", dataSlice(code, 101)]),
          );
        },
        says: /^local-home controller: byte 100 is 0xfe, and the compiler makes 0x\w\w \(\d+ bytes\)$/,
      },
      {
        what: "code that goes on behind what the compiler makes",
        fault: async ({ contracts: { timelock }, provider }) => {
          await setCode(timelock, concat([await provider.getCode(timelock), "0x00"]));
        },
        says: "local-home timelock: byte 6550 is 0x00, and the compiler makes nothing (6551 bytes, not 6550)",
      },
      {
        what: "code that is cut off",
        fault: async ({ contracts: { pool }, provider }) => {
          await setCode(pool, dataSlice(await provider.getCode(pool), 0, 50));
        },
        says: /^local-home pool: byte 50 is nothing, and the compiler makes 0x\w\w \(50 bytes, not \d+\)$/,
      },
      {
        what: "metadata of other sources",
        fault: async ({ contracts: { broadcaster }, provider }) => {
          const code = await provider.getCode(broadcaster);
          const at = dataLength(code) - 30;
          await setCode(
            broadcaster,
            concat([dataSlice(code, 0, at), "0xaa", dataSlice(code, at + 1)]),
          );
        },
        says: /^local-home broadcaster: only the metadata at its end differs/,
      },
      {
        what: "an address without code",
        fault: ({ contracts: { controller } }) => setCode(controller, "0x"),
        says: "local-home controller: there is no code",
      },
      {
        what: "another proxy",
        fault: async ({ contracts: { token, timelock }, provider }) =>
          setCode(token, await provider.getCode(timelock)),
        says: /^local-home token proxy: byte \d+ is/,
      },
      {
        what: "another implementation behind the right proxy",
        fault: ({ contracts: { token, pool } }) =>
          setStorageAt(token, IMPLEMENTATION_SLOT, zeroPadValue(pool, 32)),
        says: /^local-home token implementation: byte \d+ is/,
      },
      {
        what: "a proxy without an implementation",
        fault: ({ contracts: { token } }) =>
          setStorageAt(token, IMPLEMENTATION_SLOT, toBeHex(0, 32)),
        says: "local-home token implementation: the proxy names no implementation",
      },
    ];
    for (const { what, fault, says } of faults) {
      it(what, async () => {
        const { world } = await loadFixture(verifiableFixture);
        await fault(world.mesh.home);
        const { wrong, printed } = await verify(world);
        expect(wrong[0]).to.match(typeof says === "string" ? new RegExp(escaped(says)) : says);
        expect(printed.join()).to.include("Check out the commit that was deployed");
      });
    }

    it("an immutable that holds something else, with both values", async () => {
      const { world } = await loadFixture(verifiableFixture);
      const { home } = world.mesh;
      const deployer = localAccount(LOCAL_ACCOUNTS.deployer, home.provider);
      // The same code, made for another router and another RMN proxy.
      const { token, timelock } = home.contracts;
      const factory = new RebaseTokenPool__factory(deployer);
      const pool = await factory.deploy(token, timelock, home.ccip.router);
      const contracts = { ...home.contracts, pool: await pool.getAddress() };
      const mesh = { ...world.mesh, home: { ...home, contracts } };
      const { wrong } = await verify({ ...world, mesh });
      expect(wrong).to.deep.equal([
        `local-home pool: the immutable i_rmnProxy holds ${timelock.toLowerCase()}, not ${home.ccip.rmnProxy.toLowerCase()}`,
      ]);
    });

    it("a token that was initialised with other arguments", async () => {
      const { world } = await loadFixture(verifiableFixture);
      const token = { ...coreMesh().token, symbol: "OTHER" };
      expect((await verify(world, { token })).wrong).to.deep.equal([
        'local-home token proxy: its symbol is "RUSD", not "OTHER"',
        'local-sat1 token proxy: its symbol is "RUSD", not "OTHER"',
        'local-sat2 token proxy: its symbol is "RUSD", not "OTHER"',
      ]);
    });
  });

  describe("where the transaction that created a contract is known", () => {
    it("compares the sent data too", async () => {
      const { world, creations } = await loadFixture(verifiableFixture);
      const { mesh } = world;
      const { home } = mesh;
      const of: Record<string, string> = {
        TimelockController: home.contracts.timelock,
        RebaseToken_Proxy: home.contracts.token,
        RebaseTokenPool: home.contracts.pool,
        RebaseController: home.contracts.controller,
        RebaseBroadcaster: home.contracts.broadcaster,
      };
      const creationOf = (network: string, deployment: string) =>
        network === "local-home" ? creations.get(of[deployment] ?? "") : undefined;
      const { wrong, verdicts } = await verify(world, { creationOf });
      expect(wrong).to.be.empty;
      const compared = verdicts.filter(({ creation }) => creation === "compared");
      expect(compared.map(({ chain, contract }) => `${chain} ${contract}`)).to.deep.equal([
        "local-home timelock",
        "local-home token proxy",
        "local-home pool",
        "local-home controller",
        "local-home broadcaster",
      ]);
    });

    it("finds a different constructor that left the same code", async () => {
      const { world } = await loadFixture(verifiableFixture);
      const { home } = world.mesh;
      const code = await home.provider.getCode(home.contracts.controller);
      const deployer = localAccount(LOCAL_ACCOUNTS.deployer, home.provider);
      // Writes into slot 0, then returns the very code of the real controller.
      const size = toBeHex(dataLength(code), 2);
      const init = concat(["0x600160005561", size, "0x80601160003960", "0x00f3", code]);
      const receipt = await (await deployer.sendTransaction({ data: init })).wait();
      const controller = receipt?.contractAddress ?? "";
      expect(await home.provider.getCode(controller)).to.equal(code);
      const contracts = { ...home.contracts, controller };
      const mesh = { ...world.mesh, home: { ...home, contracts } };
      expect((await verify({ ...world, mesh })).wrong).to.be.empty;
      const creationOf = (network: string, deployment: string) =>
        network === "local-home" && deployment === "RebaseController"
          ? { address: controller, transactionHash: receipt?.hash, args: [] }
          : undefined;
      const { wrong } = await verify({ ...world, mesh }, { creationOf });
      expect(wrong).to.have.length(1);
      expect(wrong[0]).to.match(
        /^local-home controller: it was created by other code: byte \d+ is/,
      );
    });
  });

  it("follows an upgrade to the implementation of the proxy", async () => {
    const { world } = await loadFixture(verifiableFixture);
    const { home, deployer } = world.mesh;
    const signer = localAccount(LOCAL_ACCOUNTS.deployer, home.provider);
    const next = await new RebaseToken__factory(signer).deploy();
    const admin = await impersonated(home, deployer);
    const token = RebaseToken__factory.connect(home.contracts.token, admin);
    await (await token.upgradeToAndCall(await next.getAddress(), "0x")).wait();
    const { wrong, verdicts } = await verify(world);
    expect(wrong).to.be.empty;
    const implementation = verdicts.find(({ contract }) => contract === "token implementation");
    expect(implementation?.address).to.equal(await next.getAddress());
  });

  it("prints one JSON document", async () => {
    const { world } = await loadFixture(verifiableFixture);
    const { printed } = await verify(world, { json: true });
    const [text = "", ...more] = printed;
    expect(more).to.be.empty;
    expect(JSON.parse(text)).to.deep.include({ mesh: "local", equal: true });
  });

  it("prints the remedy when nothing is compiled", () => {
    const empty = new Compiled(path.join(hre.config.paths.artifacts, "nowhere"));
    expect(() => empty.contract("contracts/RebaseToken.sol:RebaseToken")).to.throw(
      'contracts/RebaseToken.sol:RebaseToken is not compiled: run "npx hardhat compile".',
    );
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
