import { parseEther } from "ethers";
import { sendMessage } from "ccip-localnet";
import type { CcipVersion } from "ccip-localnet/protocol";

import {
  addDestinations,
  approveLink,
  broadcastOver,
  giveLink,
} from "../../test/shared/broadcasting";
import type { FeeToken } from "../../test/shared/broadcasting";
import { loadFixture } from "../../test/shared/fixture";
import { Scenario } from "../../test/shared/scenario";
import { wiredIn } from "../../test/shared/world";

import { gasUsed, laneOf } from "./bridging";

/** Gas of a broadcast by the number of satellites, all of which got one before. */
export interface SatelliteGas {
  readonly satellites: number;
  readonly native: number;
  readonly LINK: number;
}

/** Gas of broadcasts over one version of CCIP. */
export interface BroadcastGas {
  readonly broadcasts: readonly SatelliteGas[];
  /** One `ccipSend` of as many bytes to one chain without our contracts, fee in LINK. */
  readonly plainMessage: number;
}

/** Bytes of a broadcast. */
const PAYLOAD = `0x${"11".repeat(64)}`;

/** Measures broadcasts of home's index, and a plain message over the same lane. */
export async function measureSatellites(
  version: CcipVersion,
  counts: readonly number[],
): Promise<BroadcastGas> {
  const s = new Scenario(await loadFixture(wiredIn[version]));
  const selectors = await addDestinations(s, Math.max(...counts));
  await giveLink(s, s.address("thirdParty"), parseEther("10000"));
  await approveLink(s, parseEther("10000"));
  const broadcasts: SatelliteGas[] = [];
  for (const satellites of counts) {
    const gas = async (feeToken: FeeToken) =>
      Number((await broadcastOver(s, selectors.slice(0, satellites), feeToken)).sent);
    broadcasts.push({ satellites, native: await gas("native"), LINK: await gas("LINK") });
  }
  return { broadcasts, plainMessage: await measurePlainMessage(s) };
}

async function measurePlainMessage(s: Scenario): Promise<number> {
  const message = {
    receiver: s.sat1.contracts.receiver,
    data: PAYLOAD,
    feeToken: s.ccipChain(s.home).ccip.link,
    gasLimit: BigInt(s.mesh.config.broadcaster.gasLimit),
  };
  const sender = s.signer(s.home, "thirdParty");
  const { transactionHash } = await sendMessage(laneOf(s), message, sender);
  return gasUsed(s, transactionHash);
}
