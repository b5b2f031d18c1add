import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { mineAt, now, startAnvil } from "ccip-localnet";
import type { Anvil } from "ccip-localnet";
import { JsonRpcSigner, makeError, parseEther, toQuantity } from "ethers";
import type { JsonRpcProvider, Signer } from "ethers";

import { OperatorError } from "../core/errors";
import { chainsOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { waitedTimes } from "../mesh/step";
import type { Step } from "../mesh/step";

/** A mesh on forks of its chains: nodes of this machine, which no transaction leaves. */
export interface ForkedMesh {
  readonly mesh: Mesh;
  /** A signer for any account, whoever has its key. */
  signerFor(chain: MeshChain, account: string): Promise<Signer>;
  /** Moves all clocks on to when a step may go on. @returns false when no step waits for time. */
  passTime(steps: readonly Step[]): Promise<boolean>;
  /** Does something, then puts every fork back to where it was; the clocks stay where they came to. */
  andBack<T>(action: () => Promise<T>): Promise<T>;
  /** Ends the nodes. */
  stop(): Promise<void>;
}

/**
 * Forks every chain of a mesh at its latest block.
 * @param urls of the chains' RPC endpoints, by network name; they are neither printed nor sent to.
 * @throws naming the chains that cannot be forked; then no node is left running.
 */
export async function forkMesh(mesh: Mesh, urls: ReadonlyMap<string, string>): Promise<ForkedMesh> {
  const directory = mkdtempSync(path.join(tmpdir(), "mesh-rehearsal-"));
  const nodes: Anvil[] = [];
  const reasons: string[] = [];
  await Promise.all(
    chainsOf(mesh).map(async ({ name, chainId }) => {
      try {
        const logFile = path.join(directory, `${name}.log`);
        const fork = { url: urls.get(name) ?? "" };
        nodes.push(await startAnvil({ name, chainId: Number(chainId), logFile, fork }));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        reasons.push(`  ${name} cannot be forked: ${reason}`);
      }
    }),
  );
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    rmSync(directory, { recursive: true, force: true });
  };
  if (reasons.length > 0) {
    await stop();
    throw new OperatorError(
      "REHEARSAL_UNAVAILABLE",
      `Nothing was rehearsed:\n${reasons.sort().join("\n")}`,
    );
  }
  const nodeOf = ({ name }: Pick<MeshChain, "name">): Anvil => {
    const node = nodes.find((one) => one.name === name);
    if (!node) throw new Error(`There is no fork of ${name}.`);
    return node;
  };
  const forked = <C extends MeshChain>(chain: C): C => ({
    ...chain,
    provider: nodeOf(chain).provider,
  });
  return {
    mesh: { ...mesh, home: forked(mesh.home), satellites: mesh.satellites.map(forked) },
    signerFor: (chain, account) => impersonate(nodeOf(chain).provider, account),
    passTime: async (steps) => {
      const times = waitedTimes(steps);
      if (times.length === 0) return false;
      await mineAt(nodes, Math.max(...times, (await now(nodes)) + 1));
      return true;
    },
    andBack: async (action) => {
      const snapshots = await Promise.all(
        nodes.map(({ provider }) => provider.send("evm_snapshot", []) as Promise<unknown>),
      );
      const result = await action();
      const time = await now(nodes);
      await Promise.all(
        nodes.map(({ provider }, i) => provider.send("evm_revert", [snapshots[i]])),
      );
      if (time > (await now(nodes))) await mineAt(nodes, time);
      return result;
    },
    stop,
  };
}

async function impersonate(provider: JsonRpcProvider, account: string): Promise<Signer> {
  await provider.send("anvil_impersonateAccount", [account]);
  await provider.send("anvil_setBalance", [account, toQuantity(parseEther("100"))]);
  return new ForkSigner(provider, account);
}

/** Has a fork's node take transactions of an account without a signature. */
class ForkSigner extends JsonRpcSigner {
  override signTransaction(): Promise<string> {
    const operation = "signTransaction";
    const error: Error = makeError("the node signs", "UNSUPPORTED_OPERATION", { operation });
    return Promise.reject(error);
  }
}
