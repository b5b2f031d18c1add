import { ZeroAddress, ZeroHash, dataLength } from "ethers";
import { z } from "zod";
import { readOne } from "ccip-localnet/protocol";

import { RampLanes } from "../../ccip/ramps";
import { readCurse } from "../../ccip/rmn";
import { abi, ccipAbi, contractAt } from "../../core/abis";
import { laneBetween, laneKey } from "../../core/mesh/limit";
import { peersOf } from "../../core/mesh/mesh";
import type { HomeChain, Mesh, MeshChain, SatelliteChain } from "../../core/mesh/mesh";
import { poolContract } from "../../core/mesh/optional";
import { command } from "../../core/recovery";
import { unlessReverted } from "../../core/revert/contractError";
import type { PinnedChain } from "../../rpc/pinned";
import type { Drift } from "../drift";
import { isCcipReceiver } from "./erc165";
import { listenersOf, noCodeId, pairsOf } from "./notifier";
import { wrappedBuiltIns } from "./wrapper";
import { implementationOf } from "./token";
import { readPoolGeneration } from "./pool/contract";
import { readContainments } from "./pool/state";

type Facts = readonly Promise<Drift>[];

const SHARES_AND_EPOCH = "shares and epoch";

/** Reads the differences of a chain's contracts from the mesh file that no transaction of a plan can fix. */
export function readDrift(mesh: Mesh, chain: MeshChain, pinned: PinnedChain): Promise<Drift[]> {
  const { contracts, ccip } = chain;
  const token = contractAt.token(contracts.token, pinned);
  const pool = contractAt.pool(contracts.pool, pinned);
  const timelock = contractAt.timelock(contracts.timelock, pinned);
  const named = "correct the mesh file, or deploy the token again";
  const again = "deploy another pool and put it in its place";
  const governsItself = timelock.hasRole(ZeroHash, contracts.timelock);
  return different([
    fact("token/name", token.name(), mesh.config.token.name, named),
    fact("token/symbol", token.symbol(), mesh.config.token.symbol, named),
    ...implementationFacts(chain, pinned),
    fact(
      "token/bridgeBurn",
      bridgeBurnOf(chain, pinned),
      SHARES_AND_EPOCH,
      "upgrade the token before its pool of generation 2 is used: that pool could burn nothing",
    ),
    fact("pool/token", pool.getToken(), contracts.token, again),
    fact("pool/RMN proxy", pool.getRmnProxy(), ccip.rmnProxy, again),
    ...permissionFacts(mesh, chain, pinned),
    fact(
      "timelock/DEFAULT_ADMIN_ROLE",
      governsItself.then((it) => (it ? contracts.timelock : "not the timelock itself")),
      contracts.timelock,
      "its proposers can never change again: deploy another timelock and hand everything over to it",
    ),
    ...listenerFacts(mesh, chain, pinned),
    ...(chain.role === "home" ? homeFacts(mesh, chain, pinned) : satelliteFacts(chain, pinned)),
    ...wrappedBuiltIns(mesh, chain, pinned).map((builtIn) => fact(...builtIn)),
    ...bridgeFacts(chain, pinned),
  ]);
}

/**
 * Reads the lanes of a chain on which no message would arrive: cursed by CCIP's Risk Management Network, or without
 * an OffRamp that accepts messages from the OnRamp that the router names.
 * @param peers the chains that answer.
 */
export function readLaneDrift(
  mesh: Mesh,
  chain: MeshChain,
  peers: ReadonlySet<string>,
): Promise<Drift[]> {
  const { name, provider, ccip } = chain;
  const lanes = new RampLanes<MeshChain>();
  const cursed = async (peer: MeshChain) => {
    const curse = await readCurse(provider, ccip.rmnProxy, peer.selector);
    return curse === undefined ? "none" : curse === "remote" ? peer.name : "every lane";
  };
  const taken = async (peer: MeshChain, onRamp: Promise<string>) => {
    if (!peers.has(peer.name)) return onRamp;
    const onRamps = (await lanes.current(chain, peer)).map(({ source }) => source.ccip.onRamp);
    return onRamps.includes(await onRamp) ? onRamp : (onRamps.at(-1) ?? "none");
  };
  const facts = peersOf(mesh, chain).flatMap((peer) => {
    const onRamp = lanes.onRampTo(chain, peer.selector);
    return [
      fact(
        `lane to ${peer.name}/curse`,
        cursed(peer),
        "none",
        `CCIP has cursed it: nothing leaves ${name} for ${peer.name} until the owner of its RMN lifts the curse`,
      ),
      fact(
        `lane to ${peer.name}/OnRamp`,
        onRamp,
        taken(peer, onRamp),
        `no OffRamp on ${peer.name} takes messages from this OnRamp: what is sent now waits until CCIP has moved the lane`,
      ),
    ];
  });
  return different(facts);
}

async function fact(
  id: string,
  found: Promise<string>,
  expected: string | Promise<string>,
  recovery: string,
): Promise<Drift> {
  const values = await Promise.all([found, expected]);
  return { id, found: values[0], expected: values[1], recovery };
}

async function different(facts: Facts): Promise<Drift[]> {
  return (await Promise.all(facts)).filter(({ found, expected }) => found !== expected);
}

function implementationFacts(chain: MeshChain, pinned: PinnedChain): Facts {
  if (!chain.implementation) return [];
  const { address, previous } = chain.implementation;
  const found = implementationOf(pinned.provider, chain.contracts.token, pinned.blockNumber);
  return [
    fact(
      "token/implementation",
      found,
      found.then((running) => (previous.includes(running) ? running : address)),
      "if it was upgraded from elsewhere, get the newer records of the chain; if not, read its code before anything else: it can do anything to every balance",
    ),
  ];
}

/** Simulates `bridgeBurn` by the pool in use; the expected result is assumed when it reverts, as while paused. */
async function bridgeBurnOf(chain: MeshChain, pinned: PinnedChain): Promise<string> {
  const { token, pool } = chain.contracts;
  if ((await readPoolGeneration(pinned, pool)) !== 2) return SHARES_AND_EPOCH;
  const registry = { address: chain.ccip.tokenAdminRegistry, interface: ccipAbi.registry };
  const from = await readOne(pinned, registry, "getPool", [token], z.string());
  if (from === ZeroAddress) return SHARES_AND_EPOCH;
  const data = abi.token.encodeFunctionData("bridgeBurn", [0n]);
  const answer = await unlessReverted(pinned.call({ from, to: token, data }), undefined);
  return answer === undefined || dataLength(answer) === 64 ? SHARES_AND_EPOCH : "shares alone";
}

/** Id of the drift of a generation 1 pool on a lane that declares finality or verifiers. */
export const GENERATION = "pool/generation";

/** Returns the id of the drift of a lane whose CCIP version supports neither finality nor verifiers. */
export function laneVersionId(peer: Pick<MeshChain, "name">): string {
  return `lane to ${peer.name}/CCIP version`;
}

/** Compares the generation of a pool and CCIP's version with the requirements of finality and verifiers. */
function permissionFacts(mesh: Mesh, chain: MeshChain, pinned: PinnedChain): Facts {
  const { fast = {}, verifiers = {} } = mesh.config.lanes;
  const isDeclared = (source: MeshChain, destination: MeshChain) => {
    const key = laneKey(laneBetween(source, destination));
    return key in fast || key in verifiers;
  };
  const peers = peersOf(mesh, chain);
  const outgoing = peers.filter((peer) => isDeclared(chain, peer));
  if (outgoing.length === 0 && !peers.some((peer) => isDeclared(peer, chain))) return [];
  const remove = "remove the lane from lanes.fast and lanes.verifiers of the mesh file";
  const generation = readPoolGeneration(pinned, chain.contracts.pool).then(String);
  const ramps = new RampLanes<MeshChain>();
  return [
    fact(GENERATION, generation, "2", `replace the pool first, or ${remove}`),
    ...outgoing.map((peer) =>
      fact(
        laneVersionId(peer),
        ramps.versionTo(chain, peer.selector).then((version) => version ?? "none"),
        "2.0",
        `CCIP 1.6 supports neither: ${remove}, until CCIP has moved it`,
      ),
    ),
  ];
}

/** Compares the notifier's token, and whether the declared listeners and pairs are contracts. */
function listenerFacts(mesh: Mesh, chain: MeshChain, pinned: PinnedChain): Facts {
  const { notifier, token } = chain.contracts;
  if (notifier === undefined) return [];
  const declared = `chains.${chain.name}`;
  const code = async (id: string, address: string, path: string) => {
    const has = (await pinned.provider.getCode(address, pinned.blockNumber)) !== "0x";
    const recovery = `deploy it there first, or correct or remove ${address} in ${path} of the mesh file`;
    const [found, expected] = [has ? "a contract" : `no code at ${address}`, "a contract"];
    return { id, found, expected, recovery };
  };
  return [
    fact(
      "notifier/token",
      contractAt.notifier(notifier, pinned).getToken(),
      token,
      "deploy another notifier: its token cannot be changed",
    ),
    ...listenersOf(mesh, chain).map(({ name, address }) =>
      code(noCodeId("notifier", name), address, `${declared}.listeners`),
    ),
    ...pairsOf(mesh, chain).map((pair) =>
      code(noCodeId("pair syncer", pair), pair, `${declared}.pairs`),
    ),
  ];
}

function homeFacts({ config }: Mesh, home: HomeChain, pinned: PinnedChain): Facts {
  const { contracts, ccip, name } = home;
  const deploy = command("deploy --replace", { tags: "pool", network: name, mesh: config.name });
  const counting = poolContract(config, "home");
  const controller = contractAt.controller(contracts.controller, pinned);
  const broadcaster = contractAt.broadcaster(contracts.broadcaster, pinned);
  const { proposalSender } = contracts;
  const again = "deploy another broadcaster and pair the receivers with it";
  return [
    ...(counting === "ContainedRebaseTokenPool"
      ? [
          fact(
            "pool/contract",
            readContainments(pinned, contracts.pool, [home]).then((counts) =>
              counts ? counting : "RebaseTokenPool",
            ),
            counting,
            `deploy one that counts its lanes and put it in its place: "${deploy}"`,
          ),
        ]
      : []),
    fact("controller/token", controller.getToken(), contracts.token, "deploy another controller"),
    fact("broadcaster/token", broadcaster.getToken(), contracts.token, again),
    fact("broadcaster/LINK", broadcaster.getLink(), ccip.link, again),
    ...(proposalSender === undefined
      ? []
      : [
          fact(
            "proposal sender/LINK",
            contractAt.proposalSender(proposalSender, pinned).getLink(),
            ccip.link,
            "deploy another proposal sender and pair the receivers with it",
          ),
        ]),
  ];
}

function satelliteFacts({ contracts }: SatelliteChain, pinned: PinnedChain): Facts {
  const { proposalReceiver } = contracts;
  const receiver = contractAt.receiver(contracts.receiver, pinned);
  const again = "deploy another receiver and broadcast to it";
  return [
    fact("receiver/token", receiver.getToken(), contracts.token, again),
    erc165Fact("receiver", contracts.receiver, pinned, again),
    ...(proposalReceiver === undefined ? [] : proposalFacts(contracts, proposalReceiver, pinned)),
  ];
}

function proposalFacts(
  { timelock }: SatelliteChain["contracts"],
  address: string,
  pinned: PinnedChain,
): Facts {
  const receiver = contractAt.proposalReceiver(address, pinned);
  const again = "deploy another proposal receiver";
  return [
    fact("proposal receiver/timelock", receiver.getTimelock(), timelock, again),
    erc165Fact("proposal receiver", address, pinned, again),
  ];
}

function bridgeFacts({ contracts: { wrappedBridge } }: MeshChain, pinned: PinnedChain): Facts {
  if (wrappedBridge === undefined) return [];
  const again = "deploy another wrapped bridge and pair the bridges of the other chains with it";
  return [erc165Fact("wrapped bridge", wrappedBridge, pinned, again)];
}

function erc165Fact(
  part: string,
  address: string,
  pinned: PinnedChain,
  again: string,
): Promise<Drift> {
  const isReceiver = isCcipReceiver(pinned, address);
  return fact(
    `${part}/ERC-165`,
    isReceiver.then((it) => (it ? "a CCIP receiver" : "no CCIP receiver within 30,000 gas")),
    "a CCIP receiver",
    `CCIP would count its messages as successes without calling it: ${again}`,
  );
}
