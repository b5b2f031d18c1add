import type { Provider } from "ethers";
import { ZeroAddress } from "ethers";
import { z } from "zod";
import { readOne, released } from "ccip-localnet/protocol";
import type { CcipAddresses } from "ccip-localnet/protocol";

const offRamps = z.array(z.object({ sourceChainSelector: z.bigint(), offRamp: z.string() }));

/**
 * Finds the ramps of a chain through its router, the only address of CCIP that never changes. CCIP
 * 1.6 has one OnRamp and one OffRamp for all lanes of a chain.
 * @param peers selectors of the chains that a lane leads to and from.
 * @throws when a lane is missing, or lanes run through different ramps (older than 1.6).
 */
export async function findRamps(
  network: string,
  provider: Provider,
  router: string,
  peers: readonly bigint[],
): Promise<Pick<CcipAddresses, "onRamp" | "offRamp">> {
  const contract = { address: router, interface: released("router").interface };
  const [outgoing, incoming] = await Promise.all([
    Promise.all(peers.map((peer) => readOne(provider, contract, "getOnRamp", [peer], z.string()))),
    readOne(provider, contract, "getOffRamps", [], offRamps),
  ]);
  const arriving = peers.map(
    (peer) =>
      incoming.filter(({ sourceChainSelector }) => sourceChainSelector === peer).at(-1)?.offRamp ??
      ZeroAddress,
  );
  return {
    onRamp: single(network, "OnRamp", outgoing, peers),
    offRamp: single(network, "OffRamp", arriving, peers),
  };
}

function single(
  network: string,
  kind: string,
  ramps: readonly string[],
  peers: readonly bigint[],
): string {
  const missing = ramps.findIndex((ramp) => ramp === ZeroAddress);
  if (missing >= 0) {
    throw new Error(
      `CCIP's router on ${network} has no ${kind} for selector ${peers[missing]}: there is no such lane.`,
    );
  }
  const [ramp = ZeroAddress] = ramps;
  const other = ramps.find((candidate) => candidate !== ramp);
  if (other) {
    throw new Error(
      `CCIP's lanes on ${network} run through ${kind}s ${ramp} and ${other}: only CCIP 1.6, with one for all lanes, is supported.`,
    );
  }
  return ramp;
}
