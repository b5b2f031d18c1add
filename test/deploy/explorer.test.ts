import { reset } from "@nomicfoundation/hardhat-network-helpers";
import { encodeArguments } from "@nomicfoundation/hardhat-verify/internal/utilities";
import { expect } from "chai";
import hre, { deployments } from "hardhat";

import { Compiled } from "../../lib/explorer/compiled";
import { explorerRequests } from "../../lib/explorer/verify";
import type { Creation } from "../../lib/explorer/verify";
import type { ExpectedContract } from "../../lib/explorer/verify";
import { requireExplorer, submitToExplorer } from "../../lib/hardhat/verifyContracts";

const OPENZEPPELIN = "@openzeppelin/contracts";

const HOME: [source: string, name: string, deployment: string][] = [
  [`${OPENZEPPELIN}/governance/TimelockController.sol`, "TimelockController", "TimelockController"],
  [`${OPENZEPPELIN}/proxy/ERC1967/ERC1967Proxy.sol`, "ERC1967Proxy", "RebaseToken_Proxy"],
  ["contracts/RebaseToken.sol", "RebaseToken", "RebaseToken_Implementation"],
  ["contracts/ccip/RebaseTokenPool.sol", "RebaseTokenPool", "RebaseTokenPool"],
  ["contracts/home/RebaseController.sol", "RebaseController", "RebaseController"],
  ["contracts/home/RebaseBroadcaster.sol", "RebaseBroadcaster", "RebaseBroadcaster"],
];

describe("contracts verify --explorer", () => {
  const connections: ExpectedContract[] = [];
  const creations = new Map<string, Creation>();
  const { ETHERSCAN_API_KEY: own = "" } = process.env;
  const creationOf = (_: string, deployment: string) => creations.get(deployment);

  afterEach(() => {
    process.env.ETHERSCAN_API_KEY = own;
  });

  before(async () => {
    await reset();
    await deployments.fixture(undefined, { keepExistingDeployments: false });
    for (const [source, name, deployment] of HOME) {
      const { address, transactionHash, args = [] } = await deployments.get(deployment);
      creations.set(deployment, { address, transactionHash, args: args as unknown[] });
      const common = { chain: "hardhat", contract: name, address, immutables: {} };
      connections.push({ ...common, fullName: `${source}:${name}`, deployment });
    }
  });

  it("submits every contract with its actual constructor arguments", async () => {
    const compiled = new Compiled(hre.config.paths.artifacts);
    const requests = explorerRequests(connections, creationOf);
    expect(requests).to.have.length(HOME.length);
    for (const [i, { contract, constructorArguments }] of requests.entries()) {
      const [source = "", name = "", deployment = ""] = HOME[i] ?? [];
      expect(contract).to.equal(`${source}:${name}`);
      const { abi } = await hre.artifacts.readArtifact(contract);
      const fragments = abi as Parameters<typeof encodeArguments>[0];
      const encoded = await encodeArguments(fragments, source, name, [...constructorArguments]);
      const hash = creations.get(deployment)?.transactionHash ?? "";
      const sent = await hre.ethers.provider.getTransaction(hash);
      const { creationCode } = compiled.contract(contract);
      expect(sent?.data, name).to.equal(`${creationCode}${encoded}`);
    }
  });

  it("refuses a contract without a record, or with another contract's", () => {
    const [timelock] = connections;
    if (!timelock) throw new Error("no contract");
    expect(() => explorerRequests([timelock], () => undefined)).to.throw(
      "the record TimelockController.json of hardhat is not there",
    );
    const moved = { ...timelock, address: `0x${"01".repeat(20)}` };
    expect(() => explorerRequests([moved], creationOf)).to.throw(
      `the record TimelockController.json of hardhat is of ${timelock.address}`,
    );
  });

  it("passes contracts to hardhat-verify one by one, continues after a failure, and prints no key", async () => {
    const asked: string[] = [];
    const said: string[] = [];
    const key = "SECRETKEY0123456789";
    process.env.ETHERSCAN_API_KEY = key;
    const run = (task: string, { address }: { address: string }) => {
      asked.push(`${task} ${address}`);
      console.log(`talk about ${address}`);
      return asked.length === 1
        ? Promise.reject(new Error(`GET https://explorer?apikey=${key} failed`))
        : Promise.resolve();
    };
    const requests = explorerRequests(connections, creationOf);
    const failures = await submitToExplorer({ run: run as typeof hre.run }, requests, (text) =>
      said.push(text),
    );
    expect(asked).to.deep.equal(connections.map(({ address }) => `verify:verify ${address}`));
    expect([...failures.keys()]).to.deep.equal([connections[0]?.address]);
    expect(said.join("\n")).to.include("apikey=<ETHERSCAN_API_KEY> failed");
    expect(said.join("\n")).to.include(`talk about ${connections[1]?.address}`);
    expect(said.join("\n") + [...failures.values()].join()).to.not.include(key);
  });

  it("is known to hardhat-verify", () => {
    expect(hre.config.etherscan.enabled).to.equal(true);
    expect(hre.config.etherscan.apiKey).to.be.a("string");
    expect(Object.keys(hre.tasks)).to.include("verify");
  });

  for (const network of ["hardhat", "local-home"]) {
    it(`is refused on ${network}`, () =>
      expect(() => requireExplorer(network)).to.throw(
        /No block explorer knows (a local network|local-home): name a live one/,
      ));
  }

  it("is refused without a key, which the message names", () => {
    process.env.ETHERSCAN_API_KEY = "";
    expect(() => requireExplorer("op-sepolia")).to.throw("set ETHERSCAN_API_KEY in .env");
    process.env.ETHERSCAN_API_KEY = "SECRETKEY0123456789";
    requireExplorer("op-sepolia");
  });
});
