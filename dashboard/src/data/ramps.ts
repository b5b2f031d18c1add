import { ZeroAddress, dataLength, dataSlice, getAddress } from "ethers";
import type { Provider } from "ethers";
import { z } from "zod";
import { readOne, readRampVersion, released } from "ccip-localnet/protocol";
import type { CcipVersion } from "ccip-localnet/protocol";

import { hex } from "../deployments";
import type { DeployedChain, MeshDescription } from "../deployments";
import { clientOf } from "./client";

/** The ramps of a chain's lanes with the mesh. */
export type Ramps = Pick<DeployedChain["ccip"], "onRamps" | "offRamps">;

/** An OffRamp of CCIP 1.6 and its state for a peer. */
export interface Intake {
  readonly offRamp: string;
  readonly onRamp: string;
  /** The first message that is not committed. */
  readonly minSeqNr: bigint;
}

/** Cache time for a router's ramps, milliseconds: CCIP replaces ramps a few times a year. */
const ROUTER_STALE_MS = 60_000;

const offRamps = z.array(z.object({ sourceChainSelector: z.bigint(), offRamp: z.string() }));
const sourceConfig = z.object({ onRamp: z.string(), minSeqNr: z.bigint() });

/** Cached ramps of the chains' routers, with the read time. */
const named = new Map<string, { readonly at: number; readonly ramps: Promise<Ramps> }>();

/** By chain and address: the version of a ramp never changes. */
const versions = new Map<string, CcipVersion | undefined>();

/** Returns all known ramps of a chain: those of the export, and those that its router names now. */
export function rampsOf(
  mesh: Pick<MeshDescription, "chains">,
  chain: DeployedChain,
): Promise<Ramps> {
  const key = keyOf(chain, chain.ccip.router);
  const known = named.get(key);
  if (known && Date.now() - known.at < ROUTER_STALE_MS) return known.ramps;
  const ramps = askRouter(mesh, chain);
  named.set(key, { at: Date.now(), ramps });
  ramps.catch(() => named.delete(key));
  return ramps;
}

/** Returns the state of the CCIP 1.6 OffRamps on a chain for a peer. */
export async function intakesOf(
  mesh: Pick<MeshDescription, "chains">,
  chain: DeployedChain,
  peer: DeployedChain,
  blockNumber?: bigint,
): Promise<Intake[]> {
  const { offRamps: known } = await rampsOf(mesh, chain);
  const intakes = await Promise.all(
    known.map(async (offRamp): Promise<Intake[]> => {
      if ((await versionOf(chain, offRamp)) !== "1.6") return [];
      const contract = { address: offRamp, interface: released("offRamp").interface };
      const { onRamp, minSeqNr } = await readOne(
        callerOf(chain, blockNumber),
        contract,
        "getSourceChainConfig",
        [peer.selector],
        sourceConfig,
      );
      if (dataLength(onRamp) !== 32) return [];
      return [{ offRamp, onRamp: getAddress(dataSlice(onRamp, 12)), minSeqNr }];
    }),
  );
  return intakes.flat();
}

async function askRouter(
  { chains }: Pick<MeshDescription, "chains">,
  chain: DeployedChain,
): Promise<Ramps> {
  const { ccip } = chain;
  const caller = callerOf(chain);
  const router = { address: ccip.router, interface: released("router").interface };
  const peers = chains.filter(({ selector }) => selector !== chain.selector);
  const [outgoing, incoming] = await Promise.all([
    Promise.all(
      peers.map(({ selector }) => readOne(caller, router, "getOnRamp", [selector], z.string())),
    ),
    readOne(caller, router, "getOffRamps", [], offRamps),
  ]);
  const ours = incoming.filter(({ sourceChainSelector }) =>
    peers.some(({ selector }) => selector === sourceChainSelector),
  );
  const together = (known: readonly string[], found: readonly string[]) =>
    [...new Set([...known, ...found])].filter((address) => address !== ZeroAddress).sort();
  return {
    onRamps: together(ccip.onRamps, outgoing),
    offRamps: together(
      ccip.offRamps,
      ours.map(({ offRamp }) => offRamp),
    ),
  };
}

/** Reads the current CCIP version of messages to a peer; undefined for an unsupported version. */
export async function outgoingVersion(
  chain: DeployedChain,
  peer: DeployedChain,
): Promise<CcipVersion | undefined> {
  const router = { address: chain.ccip.router, interface: released("router").interface };
  const onRamp = await readOne(callerOf(chain), router, "getOnRamp", [peer.selector], z.string());
  return versionOf(chain, onRamp);
}

/** Reads the CCIP version of a ramp; undefined for an unsupported version. */
async function versionOf(chain: DeployedChain, ramp: string): Promise<CcipVersion | undefined> {
  const key = keyOf(chain, ramp);
  if (!versions.has(key)) versions.set(key, await readRampVersion(callerOf(chain), ramp));
  return versions.get(key);
}

function keyOf({ rpcUrl, chainId }: DeployedChain, address: string): string {
  return `${rpcUrl} ${chainId} ${address}`;
}

/** Returns the part of an ethers provider that `ccip-localnet/protocol` uses to read contracts. */
function callerOf(chain: DeployedChain, blockNumber?: bigint): Pick<Provider, "call"> {
  return {
    call: async ({ to, data }) => {
      const answer = await clientOf(chain).call({
        to: hex(z.string().parse(to)),
        data: hex(data ?? "0x"),
        ...(blockNumber !== undefined && { blockNumber }),
      });
      return answer.data ?? "0x";
    },
  };
}
