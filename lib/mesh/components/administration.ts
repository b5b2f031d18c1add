import { ZeroAddress } from "ethers";

import { abi, ccipAbi } from "../../core/abis";
import type { MeshChain } from "../../core/mesh/mesh";
import type { PinnedChain } from "../../rpc/pinned";
import type { Call } from "../step";
import { call } from "../stepBuilders";
import type { DefaultAdminState } from "./defaultAdmin";
import { OWNED } from "./owned";
import type { OwnedKey, Owners } from "./owned";
import type { PoolState } from "./pool/state";
import type { ReceiverState } from "./receiver";
import { registryCall } from "./registry";
import type { RegistryState } from "./registry";
import { readOperation } from "./timelock/operations";
import type { Operation } from "./timelock/operations";

/** The administration of one contract of a chain: its holder, its pending offers, and its calls. */
export interface Administration {
  readonly part: string;
  readonly permission: "default admin" | "owner" | "administrator";
  readonly holder: string;
  /** Accounts that may accept it, each with its acceptance time in unix seconds; immediately without one. */
  readonly offers: readonly { readonly to: string; readonly after?: bigint }[];
  /** Set for a default admin, which changes with a delay. */
  readonly defaultAdmin?: DefaultAdminState;
  /** A call by its holder. */
  readonly call: (data: string) => Call;
  /** Encodes the call that offers it to an account; the zero address withdraws the offer. */
  readonly offer: (to: string) => string;
  /** The encoded call by which an account accepts it. */
  readonly accept: string;
}

/** The state of a chain with the administrators of its contracts. */
export interface Administered {
  readonly token: DefaultAdminState;
  readonly pool: Pick<PoolState, "owner" | "offers">;
  readonly registry: RegistryState;
  readonly controller?: DefaultAdminState;
  readonly broadcaster?: DefaultAdminState;
  readonly receiver?: ReceiverState;
  readonly proposalSender?: DefaultAdminState;
  readonly owners: Owners;
}

/** Returns the administration of every contract of a chain. */
export function administrationsOf(chain: MeshChain, now: Administered): Administration[] {
  const { token, pool } = chain.contracts;
  const { controller, broadcaster, receiver, proposalSender, owners } = now;
  const common: Administration[] = [
    byDefaultAdmin("token", token, now.token),
    byOwner("pool", pool, now.pool.owner, now.pool.offers),
    {
      part: "registry",
      permission: "administrator",
      holder: now.registry.administrator,
      offers: offersTo([now.registry.pendingAdministrator]),
      call: (data) => registryCall(chain, now, data),
      offer: (to) => ccipAbi.registry.encodeFunctionData("transferAdminRole", [token, to]),
      accept: ccipAbi.registry.encodeFunctionData("acceptAdminRole", [token]),
    },
  ];
  if (chain.role === "home" && controller && broadcaster) {
    common.push(byDefaultAdmin("controller", chain.contracts.controller, controller));
    common.push(byDefaultAdmin("broadcaster", chain.contracts.broadcaster, broadcaster));
  } else if (chain.role === "satellite" && receiver) {
    const { owner, pendingOwner } = receiver;
    common.push(byOwner("receiver", chain.contracts.receiver, owner, [pendingOwner]));
  }
  if (proposalSender && chain.contracts.proposalSender !== undefined) {
    common.push(byDefaultAdmin("proposal sender", chain.contracts.proposalSender, proposalSender));
  }
  for (const key of Object.keys(owners) as OwnedKey[]) {
    const { [key]: address } = chain.contracts;
    const { [key]: state } = owners;
    if (address === undefined || !state) continue;
    common.push(byOwner(OWNED[key], address, state.owner, [state.pendingOwner]));
  }
  return common;
}

function byDefaultAdmin(part: string, address: string, state: DefaultAdminState): Administration {
  const { admin, pendingAdmin, acceptableAfter } = state;
  return {
    part,
    permission: "default admin",
    holder: admin,
    offers: offersTo([pendingAdmin], acceptableAfter),
    defaultAdmin: state,
    call: (data) => call(admin, `default admin of the ${part}`, address, data),
    offer: (to) =>
      to === ZeroAddress
        ? abi.token.encodeFunctionData("cancelDefaultAdminTransfer")
        : abi.token.encodeFunctionData("beginDefaultAdminTransfer", [to]),
    accept: abi.token.encodeFunctionData("acceptDefaultAdminTransfer"),
  };
}

function byOwner(
  part: string,
  address: string,
  owner: string,
  pending: readonly string[],
): Administration {
  return {
    part,
    permission: "owner",
    holder: owner,
    offers: offersTo(pending),
    call: (data) => call(owner, `owner of the ${part}`, address, data),
    offer: (to) => abi.pool.encodeFunctionData("transferOwnership", [to]),
    accept: abi.pool.encodeFunctionData("acceptOwnership"),
  };
}

function offersTo(accounts: readonly string[], after?: bigint): Administration["offers"] {
  return accounts
    .filter((to) => to !== ZeroAddress)
    .map((to) => ({ to, ...(after !== undefined && { after }) }));
}

/** Reads the proposal by which a chain's timelock accepts the administrations that it does not have yet. */
export function readAcceptance(
  chain: MeshChain,
  pinned: PinnedChain,
  now: Administered,
): Promise<Operation> {
  const calls = administrationsOf(chain, now)
    .filter(({ holder }) => holder !== chain.contracts.timelock)
    .map(({ call: byHolder, accept }) => byHolder(accept));
  return readOperation(chain, pinned, calls, "ccip-rebase-token handover");
}
