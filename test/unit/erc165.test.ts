import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Interface, dataLength, dataSlice } from "ethers";
import hre, { ethers } from "hardhat";

import { ownContracts } from "../../scripts/surface/contracts";
import {
  HostileRouter__factory,
  LinkToken__factory,
  ProposalReceiver__factory,
  ProposalSender__factory,
  TimelockController__factory,
  RebaseBroadcaster__factory,
  WrappedBridge__factory,
  WrappedRebaseToken__factory,
} from "../../typechain-types";
import { controllerFixture } from "../shared/controllerFixture";
import { deployRebaseToken } from "../shared/deployRebaseToken";
import { loadFixture } from "../shared/fixture";
import { containedPoolFixture, homePoolFixture } from "../shared/poolFixture";
import { unpairedReceiverFixture } from "../shared/receiverFixture";
import { thirsty } from "../shared/thirsty";

/** Gas that ERC-165 and CCIP's ERC165Checker give an answer. */
const MOST_GAS = 30_000n;

const [IERC165, NONE] = ["0x01ffc9a7", "0xffffffff"] as const;
const IACCESS_CONTROL = "0x7965db0b";
const IANY2EVM_MESSAGE_RECEIVER = "0x85572ffb";
const CCIP_POOL_V1 = "0xaff2afbf";

/** Contracts that answer ERC-165, with the interface that CCIP, or a tool, asks them for. */
const CLAIMS: Readonly<Record<string, string>> = {
  RebaseToken: IACCESS_CONTROL,
  RebaseTokenPool: CCIP_POOL_V1,
  ContainedRebaseTokenPool: CCIP_POOL_V1,
  RebaseBroadcaster: IACCESS_CONTROL,
  RebaseController: IACCESS_CONTROL,
  RebaseReceiver: IANY2EVM_MESSAGE_RECEIVER,
  ProposalReceiver: IANY2EVM_MESSAGE_RECEIVER,
  ProposalSender: IACCESS_CONTROL,
  WrappedBridge: IANY2EVM_MESSAGE_RECEIVER,
};

type Addresses = Readonly<Record<string, string>>;

async function poolsFixture(): Promise<Addresses> {
  const { token, pool } = await homePoolFixture();
  return { RebaseToken: await token.getAddress(), RebaseTokenPool: await pool.getAddress() };
}

/** Deploys every contract that claims ERC-165, the token behind its proxy; each fixture begins a chain of its own. */
const FIXTURES: readonly (() => Promise<Addresses>)[] = [
  poolsFixture,
  async function containedFixture() {
    const { contained } = await containedPoolFixture();
    return { ContainedRebaseTokenPool: await contained.getAddress() };
  },
  async function receiversFixture() {
    const { receiver } = await unpairedReceiverFixture();
    return { RebaseReceiver: await receiver.getAddress() };
  },
  async function controllersFixture() {
    const { controller } = await controllerFixture();
    return { RebaseController: await controller.getAddress() };
  },
  async function othersFixture() {
    const [admin] = await ethers.getSigners();
    if (!admin) throw new Error("the network has no account");
    const token = await deployRebaseToken(admin, { isHome: true });
    const router = await new HostileRouter__factory(admin).deploy();
    const link = await new LinkToken__factory(admin).deploy();
    const timelock = await new TimelockController__factory(admin).deploy(0, [], [], admin);
    const wrapper = await new WrappedRebaseToken__factory(admin).deploy(token, "Wrapped", "wRBT");
    const deployed = {
      RebaseBroadcaster: await new RebaseBroadcaster__factory(admin).deploy(
        token,
        router,
        link,
        admin,
        0,
      ),
      ProposalSender: await new ProposalSender__factory(admin).deploy(router, link, admin, 0),
      ProposalReceiver: await new ProposalReceiver__factory(admin).deploy(router, timelock),
      WrappedBridge: await new WrappedBridge__factory(admin).deploy(router, wrapper, link, admin),
    };
    const addresses = Object.entries(deployed).map(
      async ([name, contract]) => [name, await contract.getAddress()] as const,
    );
    return Object.fromEntries(await Promise.all(addresses));
  },
];

/** Asks a contract with no more gas than ERC-165 gives it, beside what the transaction itself costs. */
async function supports(contract: string, interfaceId: string): Promise<boolean> {
  const abi = new Interface(["function supportsInterface(bytes4) view returns (bool)"]);
  const data = abi.encodeFunctionData("supportsInterface", [interfaceId]);
  const answer = await ethers.provider.call({
    to: contract,
    data,
    gasLimit: MOST_GAS + intrinsicGas(data),
  });
  return abi.decodeFunctionResult("supportsInterface", answer)[0] === true;
}

/** Returns what a transaction costs before its call: 21,000, and 4 or 16 for each byte of data. */
function intrinsicGas(data: string): bigint {
  const bytes = Array.from({ length: dataLength(data) }, (_, i) => dataSlice(data, i, i + 1));
  return bytes.reduce((sum, byte) => sum + (byte === "0x00" ? 4n : 16n), 21_000n);
}

describe("ERC-165", () => {
  it("has a row for every contract that answers it", async () => {
    const answering = (await ownContracts(hre.artifacts)).filter(({ abi }) =>
      (abi as { name?: string }[]).some(({ name }) => name === "supportsInterface"),
    );
    expect(Object.keys(CLAIMS).sort()).to.deep.equal(
      answering.map(({ contractName }) => contractName).sort(),
    );
  });

  for (const fixture of FIXTURES) {
    it(`is answered within 30,000 gas, three ids each: ${fixture.name} [C27, D12]`, async () => {
      for (const [name, address] of Object.entries(await loadFixture(fixture))) {
        const claimed = CLAIMS[name];
        if (!claimed) throw new Error(`${name} has no row.`);
        const answers = [IERC165, claimed, NONE].map((id) => supports(address, id));
        expect(await Promise.all(answers), name).to.deep.equal([true, true, false]);
      }
    });
  }

  it("counts an answer that takes more gas as none", async () => {
    const { RebaseToken: token } = await loadFixture(poolsFixture);
    if (!token) throw new Error("The token was not deployed.");
    expect(await supports(token, IERC165)).to.equal(true);
    const greedy = "0x00000000000000000000000000000000000165ff";
    await setCode(greedy, thirsty(token));
    await expect(supports(greedy, IERC165)).to.be.rejectedWith("revert");
  });
});
