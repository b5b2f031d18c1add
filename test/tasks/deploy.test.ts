import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { Wallet, parseEther, toQuantity } from "ethers";
import { startAnvil } from "ccip-localnet";
import type { Anvil } from "ccip-localnet";

import { DeploymentStore } from "../../lib/deployments/store";
import { contractAt } from "../../lib/core/abis";
import { faultOn, startFaultyRpc } from "../shared/faultyRpc";
import { liveRouterOf, placeRouter } from "../shared/liveRouter";
import { runHardhat } from "../shared/hardhatProcess";
import { hardhat, outcomeOf } from "../shared/terminal";
import type { Outcome } from "../shared/surroundings";

const NETWORK = "base-sepolia";
const CHAIN_ID = 84_532;

/** Named by the mesh testnet, which this project comes with, and by the one that a user has added. */
const OWN_MESH = `
import testnet from ${JSON.stringify(path.resolve(__dirname, "../../config/meshes/testnet"))};

const { pairs, ...lanes } = testnet.lanes;

export const myMesh = {
  ...testnet,
  name: "mine",
  token: { name: "My Dollar", symbol: "MYD" },
  satellites: ["base-sepolia", "avalanche-fuji", "polygon-amoy"],
  ready: [],
  lanes,
  chains: {},
};
`;

const SATELLITE = ["RebaseReceiver", "RebaseToken", "RebaseTokenPool", "TimelockController"];

describe("hardhat deploy, to a network that two meshes name", () => {
  let directory: string;
  let node: Anvil;
  let deployer: Wallet;

  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "deploy-"));
    mkdirSync(path.join(directory, "meshes"));
    writeFileSync(path.join(directory, "meshes/mine.ts"), OWN_MESH);
    const logFile = path.join(directory, "anvil.log");
    node = await startAnvil({ name: NETWORK, chainId: CHAIN_ID, logFile });
    deployer = new Wallet(Wallet.createRandom().privateKey, node.provider);
    await fund("100");
    await placeRouter(node.provider, NETWORK);
  });
  afterEach(async () => {
    await node.stop();
    rmSync(directory, { recursive: true });
  });

  const fund = (amount: string) =>
    node.provider.send("anvil_setBalance", [deployer.address, toQuantity(parseEther(amount))]);
  const words = (args: string) => `deploy --network ${NETWORK} --no-compile ${args}`.split(" ");
  const environment = () => ({
    MESHES_DIRECTORY: path.join(directory, "meshes"),
    DEPLOYER_PRIVATE_KEY: deployer.privateKey,
    RPC_URL_BASE_SEPOLIA: node.url,
    MESH: "",
  });
  const start = (args: string, env: NodeJS.ProcessEnv = {}) =>
    runHardhat(directory, words(args), { ...environment(), ...env });
  const deploy = (args: string, env?: NodeJS.ProcessEnv): Promise<Outcome> =>
    start(args, env).ended;
  const folder = (mesh: string) => path.join(directory, "deployments", mesh, NETWORK);
  const recorded = () =>
    new DeploymentStore(folder("mine")).names().filter((name) => !name.includes("_"));
  const sent = () => node.provider.getTransactionCount(deployer.address);

  it("requires --mesh, and sends nothing", async () => {
    const { code, stderr } = await deploy("--yes");
    expect(code, stderr).to.equal(1);
    expect(stderr).to.match(
      /^error {2}base-sepolia is in the meshes testnet \(config\/meshes\/testnet\.ts\) and mine \(.*\/meshes\/mine\.ts\): say which one is meant with --mesh, or with the variable MESH\.\n$/,
    );
    expect(existsSync(path.join(directory, "deployments"))).to.equal(false);
    expect(await sent()).to.equal(0);
  });

  it("names an address that is not a router, as the constructor does", async () => {
    await node.provider.send("anvil_setCode", [liveRouterOf(NETWORK), "0x"]);
    const { code, stderr } = await deploy("--mesh mine --yes");
    expect(code, stderr).to.equal(1);
    expect(stderr).to.match(
      new RegExp(
        `a constructor reverts: NotARouter\\(account: ${liveRouterOf(NETWORK)}\\)\\. Addresses of CCIP come from config/chains\\.generated\\.json\\.\n$`,
      ),
    );
  });

  for (const [how, args, env] of [
    ["--mesh", "--mesh mine --yes", {}],
    ["the variable MESH", "--yes", { MESH: "mine" }],
  ] as const) {
    it(`deploys the token of the mesh that ${how} names, and records it there`, async () => {
      const { code, stderr } = await deploy(args, env);
      expect(code, stderr).to.equal(0);
      expect(stderr).to.include("mesh     mine (");
      expect(stderr).to.include("token    My Dollar (MYD)");
      expect(stderr).to.include("chain    base-sepolia (chain id 84532), satellite");
      expect(stderr).to.include(`account  ${deployer.address}`);
      expect(stderr).to.include("balance  100.0 ETH");
      expect(recorded()).to.deep.equal(SATELLITE);
      expect(readdirSync(path.join(directory, "deployments"))).to.deep.equal(["mine"]);
      const { address } = new DeploymentStore(folder("mine")).get("RebaseToken");
      expect(await contractAt.token(address, node.provider).symbol()).to.equal("MYD");
    });
  }

  it("estimates the cost, and reports nothing to do the second time", async () => {
    const { stderr } = await deploy("--mesh mine --yes");
    const [, about, price] = /for about ([\d.]+) at ([\d.]+) gwei/.exec(stderr) ?? [];
    const receipts = SATELLITE.flatMap((name) =>
      name === "RebaseToken" ? ["RebaseToken_Proxy", "RebaseToken_Implementation"] : [name],
    ).map((name) => new DeploymentStore(folder("mine")).get(name).receipt?.gasUsed);
    const gas = receipts.reduce<number>((sum, used) => sum + Number(used), 0);
    expect(Number(about) / (gas * Number(price) * 1e-9)).to.be.within(0.9, 1.1);

    const before = await sent();
    const again = await deploy("--mesh mine");
    expect(again.code, again.stderr).to.equal(0);
    expect(again.stderr).to.include("Nothing to do: ");
    expect(await sent()).to.equal(before);
  });

  const refusals: { what: string; args: string; says: RegExp }[] = [
    { what: "without leave", args: "--mesh mine", says: /add --yes to the command/ },
    {
      what: "in a mesh that has not this network",
      args: "--mesh local --yes",
      says: /base-sepolia is not in mesh local, which has local-home/,
    },
    {
      what: "in a mesh that there is none",
      args: "--mesh mein --yes",
      says: /There is no mesh "mein": use one of local, testnet, mine/,
    },
    {
      what: "with a tag of no script",
      args: "--mesh mine --yes --tags tokn",
      says: /--tags tokn deploys nothing on base-sepolia, which is a satellite: use some of timelock, token, pool, receiver\./,
    },
    {
      what: "with a tag of another role",
      args: "--mesh mine --yes --tags controller",
      says: /--tags controller deploys nothing on base-sepolia/,
    },
    {
      what: "with a price of gas that is no number",
      args: "--mesh mine --yes --gasprice 1gwei",
      says: /--gasprice 1gwei is not a whole number of wei: write 1000000000 for 1 gwei\./,
    },
    {
      what: "with a way out of a pending transaction that there is none",
      args: "--mesh mine --yes --pending skip",
      says: /--pending skip is not a valid choice/,
    },
  ];
  for (const { what, args, says } of refusals) {
    it(`sends nothing ${what}, and exits 1`, async () => {
      const { code, stderr } = await deploy(args);
      expect(code).to.equal(1);
      expect(stderr).to.match(says);
      expect(await sent()).to.equal(0);
    });
  }

  it("reports every missing url and key at once", async () => {
    const { code, stderr } = await deploy("--mesh mine --yes", {
      DEPLOYER_PRIVATE_KEY: "",
      RPC_URL_BASE_SEPOLIA: "",
      RPC_URL_ETHEREUM_SEPOLIA: "",
      RPC_URL_AVALANCHE_FUJI: "",
      RPC_URL_POLYGON_AMOY: "",
    });
    expect(code).to.equal(1);
    expect(stderr.split("\n")).to.deep.equal([
      "error  5 things are in the way:",
      "  There is no account to deploy from: set DEPLOYER_KEYSTORE, DEPLOYER_LEDGER or DEPLOYER_PRIVATE_KEY in .env.",
      "  There is no RPC url for base-sepolia: set RPC_URL_BASE_SEPOLIA in .env.",
      "  There is no RPC url for ethereum-sepolia: set RPC_URL_ETHEREUM_SEPOLIA in .env.",
      "  There is no RPC url for avalanche-fuji: set RPC_URL_AVALANCHE_FUJI in .env.",
      "  There is no RPC url for polygon-amoy: set RPC_URL_POLYGON_AMOY in .env.",
      "",
    ]);
  });

  it("names account, chain, balance and required amount in one line when funds are missing", async () => {
    await fund("0.0001");
    const { code, stderr, stdout } = await deploy("--mesh mine --yes");
    expect(code).to.equal(1);
    const errors = stderr
      .split("\n")
      .slice(stderr.split("\n").findIndex((line) => line.startsWith("error")));
    expect(errors).to.have.length(2);
    expect(errors[0]).to.match(
      new RegExp(
        `^error  ${deployer.address} has 0\\.0001 ETH on base-sepolia, and deploying takes about 0\\.\\d+ at [\\d.]+ gwei: fund it\\.$`,
      ),
    );
    expect(stdout + stderr).not.to.match(/^\s+at /m);
  });

  it("reports in one line that the funds ran out on the way", async () => {
    const endpoint = await startFaultyRpc(node.url);
    try {
      endpoint.inject(
        faultOn(
          "eth_sendRawTransaction",
          { refuse: "insufficient funds for gas * price + value" },
          99,
        ),
      );
      const { code, stderr, stdout } = await deploy("--mesh mine --yes", {
        RPC_URL_BASE_SEPOLIA: endpoint.url,
      });
      expect(code).to.equal(1);
      expect(stderr).to.match(
        new RegExp(
          `^error  ${deployer.address} has 100.0 ETH left on base-sepolia, too little for the next contract: fund it, and run the same command again\\.$`,
          "m",
        ),
      );
      expect(stdout + stderr).not.to.match(/^\s+at /m);
    } finally {
      await endpoint.close();
    }
  });

  describe("after it was interrupted while a transaction was pending", () => {
    /** A run that is killed as soon as its first transaction waits for a block. */
    async function interrupted(): Promise<string> {
      await node.provider.send("evm_setAutomine", [false]);
      const run = hardhat(directory, words("--mesh mine --yes"), environment());
      const ended = outcomeOf(run);
      const file = path.join(folder("mine"), ".pendingTransactions");
      for (let tries = 0; !existsSync(file) && tries < 2_000; tries++) await sleep(100);
      await sleep(200);
      run.kill("SIGKILL");
      await ended;
      const [hash = ""] = Object.keys(JSON.parse(readFileSync(file, "utf8")) as object);
      return hash;
    }
    const mining = async () => {
      await node.provider.send("evm_setAutomine", [true]);
      await node.provider.send("evm_mine", []);
    };

    it("names the transaction and the options without a terminal, and exits 1", async () => {
      const hash = await interrupted();
      const { code, stderr } = await deploy("--mesh mine --yes");
      expect(code).to.equal(1);
      expect(stderr).to.include(
        `An earlier run has sent TimelockController to base-sepolia, and it is not mined: transaction ${hash}, nonce 0 of ${deployer.address}.`,
      );
      for (const choice of ["wait", "speed-up", "cancel"]) {
        expect(stderr).to.include(`\n  --pending ${choice}: `);
      }
      expect(recorded()).to.be.empty;
    });

    it("records what was mined meanwhile, and deploys nothing twice", async () => {
      const hash = await interrupted();
      await mining();
      const { code, stderr } = await deploy("--mesh mine --yes");
      expect(code, stderr).to.equal(0);
      expect(
        new DeploymentStore(folder("mine")).get("TimelockController").transactionHash,
      ).to.equal(hash);
      expect(recorded()).to.deep.equal(SATELLITE);
      // Two for the token, behind its proxy.
      expect(await sent()).to.equal(SATELLITE.length + 1);
    });

    for (const [choice, same, transactions] of [
      ["wait", true, 5],
      ["speed-up", false, 5],
      ["cancel", false, 6],
    ] as const) {
      it(`continues with --pending ${choice}`, async () => {
        const hash = await interrupted();
        const run = start(`--mesh mine --yes --pending ${choice}`);
        await run.said("waiting  for nonce 0");
        await mining();
        const { code, stderr } = await run.ended;
        expect(code, stderr).to.equal(0);
        expect(recorded()).to.deep.equal(SATELLITE);
        const timelock = new DeploymentStore(folder("mine")).get("TimelockController");
        expect(timelock.transactionHash === hash).to.equal(same);
        expect(await sent()).to.equal(transactions);
        expect(existsSync(path.join(folder("mine"), ".pendingTransactions"))).to.equal(false);
      });
    }
  });

  it("names the record of what a reorganisation has dropped, and deploys it anew without the record [H7]", async () => {
    const snapshot: unknown = await node.provider.send("evm_snapshot", []);
    await deploy("--mesh mine --yes");
    expect(recorded()).to.include("RebaseToken");
    await node.provider.send("evm_revert", [snapshot]);

    const refused = await deploy("--mesh mine --yes");
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.match(
      /\.json says that \w+ is at 0x\w{40}, where there is no code on base-sepolia: correct the record, or remove it to deploy anew\./,
    );
    expect(await sent()).to.equal(0);

    for (const name of readdirSync(folder("mine"))) {
      if (name.endsWith(".json")) rmSync(path.join(folder("mine"), name));
    }
    expect((await deploy("--mesh mine --yes")).code).to.equal(0);
    const { address } = new DeploymentStore(folder("mine")).get("RebaseToken");
    expect(await node.provider.getCode(address)).to.not.equal("0x");
  });

  it("names a record that is broken or of another chain, and how to restore it", async () => {
    await deploy("--mesh mine --yes");
    const file = path.join(folder("mine"), "RebaseTokenPool.json");
    const whole = readFileSync(file, "utf8");
    writeFileSync(file, whole.slice(0, 300));
    const cut = await deploy("--mesh mine --yes");
    expect(cut.code).to.equal(1);
    expect(cut.stderr).to.include(
      `error  ${file} is not a record of a deployment: it ends in the middle. Get it back with "git restore ${file}"; if it was never committed, remove it and deploy again.\n`,
    );
    writeFileSync(file, whole.replace(/"address": "0x[^"]+"/, `"address": "${deployer.address}"`));
    const elsewhere = await deploy("--mesh mine --yes");
    expect(elsewhere.code).to.equal(1);
    expect(elsewhere.stderr).to.include(
      `${file} says that RebaseTokenPool is at ${deployer.address}, where there is no code on base-sepolia`,
    );
  });
});

describe("hardhat deploy, without a network", () => {
  it("refuses to deploy to a chain that ends with the process, and exits 1", async () => {
    const env = { HARDHAT_NETWORK: undefined };
    const { code, stdout, stderr } = await runHardhat(tmpdir(), ["deploy"], env).ended;
    expect(code).to.equal(1);
    expect(stderr).to.include("error  Say where to deploy with --network <name>.");
    expect(stdout).to.equal("");
  });
});

describe("hardhat mesh plan, before anything is set up", () => {
  it("reports every missing url, record and key at once", async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "plan-"));
    const networks = ["ethereum-sepolia", "arbitrum-sepolia", "op-sepolia"];
    const { code, stderr } = await runHardhat(directory, ["mesh", "plan", "--mesh", "testnet"], {
      DEPLOYER_KEYSTORE: path.join(directory, "none.json"),
      DEPLOYER_KEYSTORE_PASSWORD_FILE: path.join(directory, "none.txt"),
      RPC_URL_ETHEREUM_SEPOLIA: "",
      RPC_URL_ARBITRUM_SEPOLIA: "http://127.0.0.1:1",
      RPC_URL_OP_SEPOLIA: "",
    }).ended;
    rmSync(directory, { recursive: true });
    expect(code).to.equal(1);
    expect(stderr).to.include("error  7 things are in the way:\n");
    expect(stderr).to.include("DEPLOYER_KEYSTORE names ");
    expect(stderr).to.include("set RPC_URL_ETHEREUM_SEPOLIA in .env");
    expect(stderr).to.include("The RPC endpoint of arbitrum-sepolia does not answer");
    expect(stderr).to.include("set RPC_URL_OP_SEPOLIA in .env");
    for (const network of networks) {
      expect(stderr).to.include(
        `TimelockController is not deployed on ${network}: run "npx hardhat deploy --network ${network} --mesh testnet".`,
      );
    }
  });
});
