import { RampLanes } from "../../ccip/ramps";
import { readCurse } from "../../ccip/rmn";
import { peersOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { fact } from "../drift";
import type { Drift } from "../drift";

/**
 * Compares the lanes of a chain with the requirements of a message: no curse by CCIP's Risk Management Network, and
 * an OffRamp that accepts messages from the OnRamp that the router names.
 * @param peers the chains that answer.
 */
export async function ccipLaneDrift(
  mesh: Mesh,
  chain: MeshChain,
  peers: ReadonlySet<string>,
): Promise<Drift[]> {
  const lanes = new RampLanes<MeshChain>();
  const drift = await Promise.all(
    peersOf(mesh, chain).map(async (peer): Promise<Drift[]> => {
      const [curse, onRamp, current] = await Promise.all([
        readCurse(chain.provider, chain.ccip.rmnProxy, peer.selector),
        lanes.onRampTo(chain, peer.selector),
        peers.has(peer.name) ? lanes.current(chain, peer) : undefined,
      ]);
      const taken = (current ?? []).map(({ source }) => source.ccip.onRamp);
      return [
        fact(
          `lane to ${peer.name}/curse`,
          curse === undefined ? "none" : curse === "remote" ? peer.name : "every lane",
          "none",
          `CCIP has cursed it: nothing leaves ${chain.name} for ${peer.name} until the owner of its RMN lifts the curse`,
        ),
        fact(
          `lane to ${peer.name}/OnRamp`,
          onRamp,
          current === undefined || taken.includes(onRamp) ? onRamp : (taken.at(-1) ?? "none"),
          `no OffRamp on ${peer.name} takes messages from this OnRamp: what is sent now waits until CCIP has moved the lane`,
        ),
      ];
    }),
  );
  return drift.flat().filter(({ found, expected }) => found !== expected);
}
