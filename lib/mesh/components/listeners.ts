import { ZeroAddress } from "ethers";

import { abi } from "../../core/abis";
import { MAX_LISTENERS_GAS } from "../../core/mesh/listeners";
import type { PlannedChain } from "../planned";
import type { Call, Step } from "../step";
import { call, change, stepOn, who } from "../stepBuilders";
import { isLowered } from "./broadcaster";
import { listenersOf, noCodeId, pairsOf } from "./notifier";
import { OWNED } from "./owned";

/**
 * Returns the steps that register a chain's declared listeners and pairs, and name its notifier. A satellite's come
 * after its gas limit was raised for them.
 */
export function listenerSteps(at: PlannedChain): Step[] {
  const { mesh, chain, now } = at;
  const raised = raisedFirst(at);
  const crowded = isCrowded(at);
  const steps = crowded ? unexpectedListeners(at) : [];
  const gasNow = (address: string) => gasOf(now, address) ?? 0n;
  const growth = ({ address, gas }: { address: string; gas: number }) =>
    BigInt(gas) - gasNow(address);
  const declared = now.notifier ? listenersOf(mesh, chain) : [];
  // Where there is no room for all at once, listeners give up gas before others get it.
  if (crowded) declared.sort((a, b) => Number(growth(a) - growth(b)));
  for (const one of declared) {
    const { name, address, gas } = one;
    steps.push(
      stepOn(chain, `notifier/listener ${name}`, {
        title: `tell the ${one.key ? name : `listener ${name}`} of every index, with ${gas} gas`,
        changes: [change("gas", String(gasNow(address)), String(gas))],
        after: [
          ...raised,
          ...driftAmong(at, ["notifier/token", noCodeId("notifier", name)]),
          ...(crowded ? steps.map(({ id }) => id) : []),
        ],
        call: byOwner(
          at,
          "notifier",
          abi.notifier.encodeFunctionData("setListener", [address, gas]),
        ),
      }),
    );
  }
  return [...steps, ...pairSteps(at), ...nameSteps(at, raised)];
}

/** Returns the steps that remove the listeners and pairs that the mesh does not declare. */
export function unexpectedListenerSteps(at: PlannedChain): Step[] {
  const { mesh, chain, now } = at;
  const declared = pairsOf(mesh, chain);
  const pairs = now.notifier?.pairs.filter((pair) => !declared.includes(pair)) ?? [];
  return [
    ...(isCrowded(at) ? [] : unexpectedListeners(at)),
    ...pairs.map((pair) =>
      stepOn(chain, `pair syncer/unexpected pair ${pair}`, {
        title: `sync pair ${pair} no more, which the mesh does not declare`,
        changes: [change("syncs it", "yes", "no")],
        call: byOwner(at, "pairSyncer", abi.pairSyncer.encodeFunctionData("removePair", [pair])),
      }),
    ),
  ];
}

function unexpectedListeners(at: PlannedChain): Step[] {
  const { mesh, chain, now } = at;
  const declared = listenersOf(mesh, chain).map(({ address }) => address);
  const unexpected = now.notifier?.listeners.filter(({ address }) => !declared.includes(address));
  return (unexpected ?? []).map(({ address, gas }) =>
    stepOn(chain, `notifier/unexpected listener ${address}`, {
      title: `tell listener ${address} nothing more, which the mesh does not declare`,
      changes: [change("gas", String(gas), "0")],
      call: byOwner(at, "notifier", abi.notifier.encodeFunctionData("deleteListener", [address])),
    }),
  );
}

function pairSteps(at: PlannedChain): Step[] {
  const { mesh, chain, now } = at;
  const { notifier } = now;
  if (!notifier || !now.owners.pairSyncer) return [];
  return pairsOf(mesh, chain).map((pair) =>
    stepOn(chain, `pair syncer/pair ${pair}`, {
      title: `sync pair ${pair} after every rebase`,
      changes: [change("syncs it", notifier.pairs.includes(pair) ? "yes" : "no", "yes")],
      after: [
        `${chain.name}/notifier/listener pair syncer`,
        ...driftAmong(at, [noCodeId("pair syncer", pair)]),
      ],
      call: byOwner(at, "pairSyncer", abi.pairSyncer.encodeFunctionData("addPair", [pair])),
    }),
  );
}

/** Returns the step by which the receiver, or home's controller, calls the declared notifier, or none; if it differs. */
function nameSteps(at: PlannedChain, raised: readonly string[]): Step[] {
  const { chain, now } = at;
  const [part, before, holder, address] =
    now.role === "home"
      ? ([
          "controller",
          now.controller.notifier,
          now.controller.admin,
          at.mesh.home.contracts.controller,
        ] as const)
      : ([
          "receiver",
          now.receiver.notifier,
          now.receiver.owner,
          chain.role === "satellite" ? chain.contracts.receiver : "",
        ] as const);
  const { notifier = ZeroAddress } = chain.contracts;
  if (notifier === ZeroAddress && before === ZeroAddress) return [];
  const permission = now.role === "home" ? "default admin" : "owner";
  return [
    stepOn(chain, `${part}/notifier`, {
      title:
        notifier === ZeroAddress
          ? "call no notifier any more"
          : `have the ${part} call the notifier`,
      changes: [change("notifier", who(before), who(notifier))],
      after: [...raised, ...driftAmong(at, ["notifier/token"])],
      call: call(
        holder,
        `${permission} of the ${part}`,
        address,
        abi.receiver.encodeFunctionData("setNotifier", [notifier]),
      ),
    }),
  ];
}

/** Returns whether the notifier has no room for its listeners as they are and as they are declared, at once. */
function isCrowded({ mesh, chain, now }: PlannedChain): boolean {
  const declared = new Map(
    listenersOf(mesh, chain).map(({ address, gas }) => [address, BigInt(gas)]),
  );
  const addresses = [
    ...new Set([...declared.keys(), ...(now.notifier?.listeners ?? []).map((one) => one.address)]),
  ];
  const most = addresses.map((address) => {
    const [before, after] = [gasOf(now, address) ?? 0n, declared.get(address) ?? 0n];
    return before > after ? before : after;
  });
  return most.reduce((sum, gas) => sum + gas, 0n) > BigInt(MAX_LISTENERS_GAS);
}

function gasOf({ notifier }: PlannedChain["now"], address: string): bigint | undefined {
  return notifier?.listeners.find((one) => one.address === address)?.gas;
}

/** Returns the id of the step that raises a satellite's gas limit; none when it is lowered, which comes last. */
function raisedFirst({ mesh, chain, states }: PlannedChain): string[] {
  const home = states.get(mesh.home.name);
  if (chain.role === "home" || home?.role !== "home") return [];
  const id = `${mesh.home.name}/broadcaster/destination ${chain.name}`;
  return isLowered(mesh, chain, home.broadcaster) ? [] : [id];
}

function driftAmong({ chain, now }: PlannedChain, ids: readonly string[]): string[] {
  return now.drift.filter(({ id }) => ids.includes(id)).map(({ id }) => `${chain.name}/${id}`);
}

function byOwner({ chain, now }: PlannedChain, key: "notifier" | "pairSyncer", data: string): Call {
  return call(
    now.owners[key]?.owner ?? ZeroAddress,
    `owner of the ${OWNED[key]}`,
    chain.contracts[key] ?? ZeroAddress,
    data,
  );
}
