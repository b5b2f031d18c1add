import { readFileSync } from "node:fs";

import { Interface } from "ethers";
import type { Signer } from "ethers";
import { deployContract } from "ccip-localnet";
import type { ContractCode } from "ccip-localnet/protocol";
import { z } from "zod";

import {
  ERC1967Proxy__factory,
  OpenZeppelinToken__factory,
  OpenZeppelinUpgradeableToken__factory,
  SoladyToken__factory,
} from "../../typechain-types";

/** The tokens that are measured beside ours. */
export const PEERS = [
  "OpenZeppelin behind the same proxy",
  "OpenZeppelin",
  "solady",
  "Chainlink",
] as const;

/** A token that is measured beside ours. */
export type PeerName = (typeof PEERS)[number];

/** A token without rebases. */
export interface Peer {
  readonly address: string;
  /** The name in its EIP-712 domain; undefined for a token without permit. */
  readonly permitName: string | undefined;
}

/** Deploys each peer; the deployer may mint all of them. */
export async function deployPeers(deployer: Signer): Promise<Readonly<Record<PeerName, Peer>>> {
  const owner = await deployer.getAddress();
  const upgradeable = await new OpenZeppelinUpgradeableToken__factory(deployer).deploy();
  const initialize = upgradeable.interface.encodeFunctionData("initialize");
  const proxied = await new ERC1967Proxy__factory(deployer).deploy(upgradeable, initialize);
  const bare = await new OpenZeppelinToken__factory(deployer).deploy();
  const solady = await new SoladyToken__factory(deployer).deploy();
  const chainlink = await deployContract(deployer, CHAINLINK_TOKEN, [
    ...["Peer", "PEER", 18, 0n, 0n, owner],
  ]);
  const grant = CHAINLINK_TOKEN.interface.encodeFunctionData("grantMintAndBurnRoles", [owner]);
  await (await deployer.sendTransaction({ to: chainlink, data: grant })).wait();
  return {
    "OpenZeppelin behind the same proxy": {
      address: await proxied.getAddress(),
      permitName: "Peer",
    },
    OpenZeppelin: { address: await bare.getAddress(), permitName: "Peer" },
    solady: { address: await solady.getAddress(), permitName: "Peer" },
    Chainlink: { address: chainlink, permitName: undefined },
  };
}

const abiSchema = z.array(z.looseObject({ type: z.string() }));

/** Reads a released contract by its place in Chainlink's package. */
export function releasedAt(file: string): ContractCode {
  const read = (folder: string, ending: string) =>
    readFileSync(
      require.resolve(`@chainlink/contracts-ccip-releases/${folder}/${file}.${ending}`),
      "utf8",
    ).trim();
  const abi = abiSchema.parse(JSON.parse(read("abi", "json")));
  return {
    name: file,
    abi,
    bytecode: read("bytecode", "bin"),
    interface: new Interface(JSON.stringify(abi)),
  };
}

/** Chainlink's FactoryBurnMintERC20, the newest release. */
export const CHAINLINK_TOKEN = releasedAt("v1_6_2/factory_burn_mint_erc20");
