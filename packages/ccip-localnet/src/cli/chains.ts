import { isAddress } from "ethers";
import { z } from "zod";

import { localAccount } from "../accounts";
import { LOCAL_ACCOUNTS } from "../config";
import { sendMessage } from "../contracts/messages";
import { deployReceiver, setReverting } from "../contracts/receivers";
import { call } from "../contracts/transactions";
import { requireChain } from "../options";
import type { Manifest, ManifestChain } from "../manifest";
import { readOne } from "../protocol/abi";
import type { CcipChain } from "../protocol/chain";
import { GLOBAL_CURSE_SUBJECT, curseSubject } from "../protocol/curse";
import { released } from "../protocol/releases";
import { runningNetwork, withChain, withChains } from "../running";
import { sendAll } from "../send";

import type { Typed } from "./arguments";
import { UsageError, print } from "./text";

/** Makes the RMN of a running chain curse or uncurse another chain or everything. */
export async function curseCommand(verb: "curse" | "uncurse", typed: Typed): Promise<void> {
  const { directory, json, remote: remoteName } = typed;
  const network = runningNetwork(directory);
  const chain = oneChain(typed, network);
  const remote = remoteName === undefined ? undefined : requireChain(network.chains, remoteName);
  if (remote === chain) throw new UsageError(`--chain and --remote are both ${chain.name}.`);
  const subject = remote ? curseSubject(BigInt(remote.selector)) : GLOBAL_CURSE_SUBJECT;
  await withChain(chain, async (provider) => {
    const rmn = {
      address: chain.ccip.rmnRemote,
      interface: released("rmnRemote", chain.ccip.version).interface,
    };
    const cursed = await readOne(provider, rmn, "getCursedSubjects", [], z.array(z.string()));
    if (verb === "uncurse" && remote && cursed.includes(GLOBAL_CURSE_SUBJECT)) {
      throw new Error(
        `${chain.name} curses everything: take that back first, with uncurse and no --remote.`,
      );
    }
    if (cursed.includes(subject) === (verb === "curse")) return;
    const owner = localAccount(LOCAL_ACCOUNTS.ccipOwner, provider);
    await sendAll(owner, [call(chain.ccip, "rmnRemote", `${verb}(bytes16)`, [subject])]);
  });
  const what = remote?.name ?? "everything";
  const prose = `${chain.name} ${verb === "curse" ? "curses" : "does not curse"} ${what}.`;
  print(json, { chain: chain.name, remote: remote?.name ?? null, cursed: verb === "curse" }, prose);
}

/** Deploys a receiver that reverts or accepts, or switches an earlier one. */
export async function receiverCommand(typed: Typed): Promise<void> {
  const { directory, json, address, accept = false } = typed;
  const chain = oneChain(typed, runningNetwork(directory));
  if (address !== undefined) requireAddress("address", address);
  const receiver = await withChain(chain, async (provider) => {
    const owned = { owner: localAccount(LOCAL_ACCOUNTS.ccipOwner, provider) };
    if (address === undefined) return deployReceiver(owned, { reverts: !accept });
    if ((await provider.getCode(address)) === "0x") {
      throw new UsageError(
        `--address ${address} has no code on ${chain.name}: leave it out to deploy a receiver.`,
      );
    }
    await setReverting(owned, address, !accept);
    return address;
  });
  print(json, { chain: chain.name, receiver, reverts: !accept }, receiver);
}

/** Sends a data message over a lane, paid by the first account. */
export async function sendCommand(typed: Typed): Promise<void> {
  const { directory, json, from, to, receiver, data = "0x" } = typed;
  if (from === undefined || to === undefined || receiver === undefined) {
    throw new UsageError("send needs --from, --to and --receiver: see --help.");
  }
  requireAddress("receiver", receiver);
  if (!/^0x([0-9a-f]{2})*$/i.test(data)) {
    throw new UsageError(`--data ${data} is not hex data: write 0x and pairs of hex digits.`);
  }
  const { chains, lanes } = runningNetwork(directory);
  const ends = [requireChain(chains, from), requireChain(chains, to)];
  const lane = lanes.find((one) => one.from === from && one.to === to);
  if (!lane) throw new UsageError(`No lane leads from ${from} to ${to}.`);
  const message = await withChains(ends, ([source, destination]) => {
    const [first, second] = ends;
    if (!first || !second || !source || !destination) throw new Error("A lane has two ends.");
    return sendMessage(
      {
        source: opened(first, source, lane.ccip),
        destination: opened(second, destination, lane.ccip),
      },
      { receiver, data },
    );
  });
  const { messageId, sequenceNumber, transactionHash } = message;
  const sent = {
    from,
    to,
    ccip: lane.ccip,
    messageId,
    sequenceNumber: String(sequenceNumber),
    transactionHash,
  };
  print(json, sent, messageId);
}

function requireAddress(option: string, text: string): void {
  const isValid: boolean = isAddress(text);
  if (isValid) return;
  throw new UsageError(`--${option} ${text} is not an address: write 0x and 40 hex digits.`);
}

function oneChain({ chain: names = [] }: Typed, { chains }: Manifest): ManifestChain {
  const [name, second] = names;
  if (name === undefined || second !== undefined) {
    throw new UsageError(`Name one --chain of ${chains.map((chain) => chain.name).join(", ")}.`);
  }
  return requireChain(chains, name);
}

function opened(
  { name, chainId, selector, ccip, ccip16, firstBlock }: ManifestChain,
  provider: CcipChain["provider"],
  version: string,
): CcipChain {
  return {
    name,
    chainId: BigInt(chainId),
    selector: BigInt(selector),
    provider,
    firstBlock,
    owner: localAccount(LOCAL_ACCOUNTS.ccipOwner, provider),
    transmitter: localAccount(LOCAL_ACCOUNTS.donTransmitter, provider),
    ccip: version === "1.6" && ccip16 ? ccip16 : ccip,
  };
}
