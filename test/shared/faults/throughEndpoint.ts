import { TASK_NODE_CREATE_SERVER } from "hardhat/builtin-tasks/task-names";
import hre from "hardhat";
import type { JsonRpcServer } from "hardhat/types/builtin-tasks/node";

import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { openProvider } from "../../../lib/rpc/provider";
import { startFaultyRpc } from "../faultyRpc";
import type { FaultyRpc } from "../faultyRpc";

/** Hardhat's own chain, served over HTTP with a faulty endpoint in front of it. */
export interface ServedChain {
  readonly rpc: FaultyRpc;
  /** Returns the mesh as a process sees it that has just opened the endpoint. */
  open(mesh: Mesh): Promise<Mesh>;
  close(): Promise<void>;
}

/** Serves Hardhat's own chain through an endpoint. */
export async function serveChain(): Promise<ServedChain> {
  const server = (await hre.run(TASK_NODE_CREATE_SERVER, {
    hostname: "127.0.0.1",
    port: 0,
    provider: hre.network.provider,
  })) as JsonRpcServer;
  const { address, port } = await server.listen();
  const rpc = await startFaultyRpc(`http://${address}:${port}`);
  const { chainId } = await hre.ethers.provider.getNetwork();
  const opened: { destroy(): void }[] = [];
  return {
    rpc,
    open: async (mesh) => {
      const provider = await openProvider("local", rpc.url, chainId, {
        retryPolicy: { attempts: 6, pauseMs: 1, maxPauseMs: 4 },
        lagPolicy: { attempts: 12, pauseMs: 1, maxPauseMs: 4 },
      });
      opened.push(provider);
      const through = <C extends MeshChain>(chain: C): C => ({ ...chain, provider });
      return { ...mesh, home: through(mesh.home), satellites: mesh.satellites.map(through) };
    },
    close: async () => {
      opened.forEach((provider) => provider.destroy());
      await rpc.close();
      await server.close();
    },
  };
}
