import { expect } from "chai";
import hre from "hardhat";
import { z } from "zod";
import {
  connectLanes,
  curse,
  deployCcip,
  deployContract,
  localAccount,
  LocalCcip,
  retireLanes,
  sendAll,
  uncurse,
} from "ccip-localnet";
import type { Delivery } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import { lanesBetween, readOne, readRampVersion, released } from "ccip-localnet/protocol";
import type { CcipChain, CcipVersion } from "ccip-localnet/protocol";

import { localChains } from "../../../config/localChains";
import { executeManually } from "../../shared/executeManually";
import { receivedBy, sendData } from "../../shared/ccipMessages";
import { loadFixture } from "../../shared/fixture";

/**
 * Two chains that run both versions on one router, with lanes of CCIP 1.6 only.
 * @param first the version that is deployed first: the chain's RMN is of it.
 */
async function bothVersionsAfter(first: CcipVersion) {
  const { provider } = hre.ethers;
  const { chainId } = await provider.getNetwork();
  const owner = localAccount(LOCAL_ACCOUNTS.ccipOwner, provider);
  const transmitter = localAccount(LOCAL_ACCOUNTS.donTransmitter, provider);
  const of: Record<CcipVersion, CcipChain[]> = { "1.6": [], "2.0": [] };
  for (const { name, selector } of localChains(2)) {
    const chain = { name, selector, chainId, provider, owner, transmitter };
    const second = first === "1.6" ? "2.0" : "1.6";
    const signer = owner;
    const beside = await deployCcip({ signer, selector, version: first });
    of[first].push({ ...chain, ccip: beside });
    const ccip = await deployCcip({ signer, selector, version: second, beside });
    of[second].push({ ...chain, ccip });
  }
  await connectLanes(lanesBetween(of["1.6"]));
  const ccip = new LocalCcip([...of["1.6"], ...of["2.0"]]);
  const lane = {
    old: ccip.lane("local-home", "local-sat1", "1.6"),
    young: ccip.lane("local-home", "local-sat1", "2.0"),
  };
  const receiver = await deployContract(owner, released("loggingReceiver"));
  const broken = await deployContract(owner, released("revertingReceiver"), [true]);
  return { of, ccip, lane, receiver, broken, owner };
}

const bothVersions = () => bothVersionsAfter("1.6");
const bothVersionsOnNewRmn = () => bothVersionsAfter("2.0");

describe("a lane that CCIP moves from 1.6 to 2.0 under traffic", () => {
  const outcomes = (deliveries: readonly Delivery[]) =>
    deliveries.map(({ messageId, state }) => [messageId, state]);

  it("shares one router, registry and RMN", async () => {
    const { of } = await loadFixture(bothVersions);
    const [old] = of["1.6"];
    const [young] = of["2.0"];
    for (const shared of [
      "router",
      "tokenAdminRegistry",
      "rmnProxy",
      "rmnRemote",
      "link",
    ] as const) {
      expect(young?.ccip[shared], shared).to.equal(old?.ccip[shared]);
    }
    expect(young?.ccip.onRamp).not.to.equal(old?.ccip.onRamp);
  });

  it("delivers earlier messages over the old ramps, and later ones over the new", async () => {
    const { of, ccip, lane, receiver } = await loadFixture(bothVersions);
    const [before] = await sendData(lane.old, [{ receiver, data: "0x01" }]);
    await connectLanes(lanesBetween(of["2.0"]));
    const [after] = await sendData(lane.young, [{ receiver, data: "0x02" }]);
    expect([before?.version, after?.version]).to.deep.equal(["1.6", "2.0"]);
    // Each of them is the first of its OnRamp.
    expect([before?.sequenceNumber, after?.sequenceNumber]).to.deep.equal([1n, 1n]);

    expect(outcomes(await ccip.deliver())).to.have.deep.members([
      [before?.messageId, "success"],
      [after?.messageId, "success"],
    ]);
    const received = await receivedBy(lane.young.destination, receiver);
    expect([...received].sort()).to.deep.equal(["0x01", "0x02"]);
    expect(await ccip.deliver()).to.deep.equal([]);
  });

  it("executes earlier failures by hand over the old OffRamp, also after the move", async () => {
    const { of, ccip, lane, broken, owner } = await loadFixture(bothVersions);
    const [message] = await sendData(lane.old, [{ receiver: broken, data: "0x01" }]);
    expect(outcomes(await ccip.deliver())).to.deep.equal([[message?.messageId, "failure"]]);
    await connectLanes(lanesBetween(of["2.0"]));
    const { interface: code } = released("revertingReceiver");
    const data = code.encodeFunctionData("setRevert", [false]);
    await sendAll(owner, [{ label: "setRevert", to: broken, data }]);
    const anybody = localAccount(7, hre.ethers.provider);
    const { state } = await executeManually(lane.old, message?.messageId ?? "", anybody);
    expect(state).to.equal("success");
  });

  it("holds pending messages when the old OffRamp is retired, until it is restored", async () => {
    const { of, ccip, lane, receiver } = await loadFixture(bothVersions);
    const [message] = await sendData(lane.old, [{ receiver, data: "0x01" }]);
    await connectLanes(lanesBetween(of["2.0"]));
    await retireLanes([lane.old]);
    expect(outcomes(await ccip.deliver())).to.deep.equal([[message?.messageId, "failure"]]);

    await connectLanes([lane.old]);
    const anybody = localAccount(7, hre.ethers.provider);
    const { state } = await executeManually(lane.old, message?.messageId ?? "", anybody);
    expect(state).to.equal("success");
  });

  const rmns: [rmn: string, fixture: typeof bothVersions][] = [
    ["RMNRemote 1.6.0", bothVersions],
    ["RMN 2.0.0", bothVersionsOnNewRmn],
  ];
  for (const [rmn, fixture] of rmns) {
    it(`is cursed in both versions at once by ${rmn}`, async () => {
      const { of, ccip, lane, receiver } = await loadFixture(fixture);
      const { provider, ccip: addresses } = lane.young.destination;
      const said = { address: addresses.rmnRemote, interface: released("rmnRemote").interface };
      expect(await readOne(provider, said, "typeAndVersion", [], z.string())).to.equal(rmn);

      await sendData(lane.old, [{ receiver, data: "0x01" }]);
      await connectLanes(lanesBetween(of["2.0"]));
      await sendData(lane.young, [{ receiver, data: "0x02" }]);
      await curse(lane.young, "destination");
      expect(await ccip.deliver()).to.deep.equal([]);
      await uncurse(lane.young, "destination");
      expect(outcomes(await ccip.deliver()).map(([, state]) => state)).to.deep.equal([
        "success",
        "success",
      ]);
    });
  }

  it("is identified by the versions that its ramps report", async () => {
    const { of, lane } = await loadFixture(bothVersions);
    await connectLanes(lanesBetween(of["2.0"]));
    const { provider, ccip } = lane.old.source;
    const router = { address: ccip.router, interface: released("router").interface };
    const args = [lane.old.destination.selector];
    const onRamp = await readOne(provider, router, "getOnRamp", args, z.string());
    expect(await readRampVersion(provider, onRamp)).to.equal("2.0");
    expect(await readRampVersion(provider, lane.old.destination.ccip.offRamp)).to.equal("1.6");
    expect(await readRampVersion(provider, ccip.router)).to.equal(undefined);
  });

  it("begins and ends in one version", async () => {
    const { of } = await loadFixture(bothVersions);
    const [source] = of["1.6"];
    const [, destination] = of["2.0"];
    if (!source || !destination) throw new Error("no chains");
    await expect(connectLanes([{ source, destination }])).to.be.rejectedWith(
      RangeError,
      "begins at CCIP 1.6 and ends at CCIP 2.0",
    );
  });
});
