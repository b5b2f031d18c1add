import { expect } from "chai";
import type { Log } from "ethers";
import { LocalCcip } from "ccip-localnet";
import { CCIP_VERSIONS, decodeMessage } from "ccip-localnet/protocol";
import type { CcipChain, CcipVersion, Lane, Message } from "ccip-localnet/protocol";

import { firstUncommitted, laneGaps, nextNumber } from "../../../lib/ccip/laneCounter";
import { pinLatest } from "../../../lib/rpc/pinned";
import { sendData } from "../../shared/ccipMessages";
import { loadFixture } from "../../shared/fixture";
import { inProcessChains } from "../../shared/inProcessCcip";
import { thinProvider } from "../../shared/thinProvider";

const ONCE = { attempts: 1, pauseMs: 0, maxPauseMs: 0 };

interface World {
  readonly ccip: LocalCcip;
  /** The lanes from home to each satellite, which share an OnRamp. */
  readonly lane: Lane;
  readonly other: Lane;
  /** Four messages over the lane, and one over the other. */
  readonly sent: readonly Message[];
  readonly aside: Message;
}

async function worldOf(version: CcipVersion): Promise<World> {
  const ccip = new LocalCcip(await inProcessChains(3, {}, version));
  const lane = ccip.lane("local-home", "local-sat1");
  const other = ccip.lane("local-home", "local-sat2");
  const receiver = await lane.source.owner.getAddress();
  const sent: Message[] = [];
  for (const data of ["0x01", "0x02", "0x03", "0x04"]) {
    sent.push(...(await sendData(lane, [{ receiver, data }])));
  }
  const [aside] = await sendData(other, [{ receiver }]);
  return aside ? { ccip, lane, other, sent, aside } : expect.fail("Nothing was sent.");
}

// Named, since fixtures are known by their functions.
const worlds: Record<CcipVersion, () => Promise<World>> = {
  "1.6": () => worldOf("1.6"),
  "2.0": () => worldOf("2.0"),
};

for (const version of CCIP_VERSIONS) {
  describe(`The messages of a lane of CCIP ${version}`, () => {
    /** Reads the gaps of a lane whose endpoint leaves out messages, the first of which is number 1. */
    async function gaps(
      lane: Lane,
      leftOut: readonly number[],
      found: readonly Message[] = [],
      firstBlock = 0,
    ): Promise<string[]> {
      const hidden = leftOut.map(BigInt);
      const leaveOut = (log: Log) => hidden.includes(decodeMessage(log).sequenceNumber);
      const { provider } = thinProvider(lane.source.provider, { leaveOut });
      const source = { ...lane.source, provider, firstBlock } as CcipChain;
      const at = await pinLatest(source.name, source.provider);
      const sent = found.map((message) => ({ message }));
      const all = await laneGaps([{ ...lane, source }], at, sent, ONCE);
      return all.map(
        (gap) => /leaves out (.+), of which CCIP has counted \d+ at/.exec(gap)?.[1] ?? gap,
      );
    }
    const OF_LANE = "of lane local-home -> local-sat1";

    it("are counted where they leave, and where they are committed", async () => {
      const { ccip, lane, other } = await loadFixture(worlds[version]);
      const next = (of: Lane) => nextNumber(of.source.provider, of);
      expect([await next(lane), await next(other)]).to.deep.equal([5n, 2n]);
      if (version !== "1.6") return;
      const first = () => firstUncommitted(lane.destination.provider, lane);
      expect(await first()).to.equal(1n);
      await ccip.verify(lane, 2);
      expect(await first()).to.equal(3n);
    });

    it("are all there where the endpoint gives them, and where there are none", async () => {
      const { ccip, lane, other } = await loadFixture(worlds[version]);
      for (const whole of [lane, other, ccip.lane("local-sat1", "local-home")]) {
        expect(await gaps(whole, [])).to.deep.equal([]);
      }
    });

    const missing: readonly [what: string, leftOut: readonly number[], gap: string][] = [
      ["the last one", [4], "message 4"],
      ["one in the middle", [3], "message 3"],
      ["several", [2, 4], "messages 2 to 4"],
    ];
    for (const [what, leftOut, gap] of missing) {
      it(`lack ${what} that the endpoint leaves out`, async () => {
        const { lane } = await loadFixture(worlds[version]);
        expect(await gaps(lane, leftOut)).to.deep.equal([`${gap} ${OF_LANE}`]);
      });
    }

    it("lack none that was found otherwise, on the same lane", async () => {
      const { lane, sent, aside } = await loadFixture(worlds[version]);
      const [, , third] = sent;
      if (!third) return expect.fail("There are four.");
      expect(await gaps(lane, [3], [third])).to.deep.equal([]);
      const elsewhere = [
        { ...aside, sequenceNumber: 3n },
        { ...third, onRamp: lane.destination.ccip.onRamp },
      ];
      expect(await gaps(lane, [3], elsewhere)).to.deep.equal([`message 3 ${OF_LANE}`]);
    });

    it("are looked for before the first block where nobody has used the lane since", async () => {
      const { lane, sent } = await loadFixture(worlds[version]);
      const firstBlock = (sent.at(-1)?.blockNumber ?? 0) + 1;
      expect(await gaps(lane, [], [], firstBlock)).to.deep.equal([]);
      expect(await gaps(lane, [4], [], firstBlock)).to.deep.equal([`message 4 ${OF_LANE}`]);
      expect(await gaps(lane, [2], [], firstBlock - 1)).to.deep.equal([]);
    });
  });
}
