import { id } from "ethers";
import type { Interface } from "ethers";
import fc from "fast-check";
import { connectLanes } from "ccip-localnet";
import { encodeAddress } from "ccip-localnet/protocol";

import { abi, ccipAbi } from "../../../lib/core/abis";
import type { ChainRole } from "../../shared/scenario";
import {
  RebaseTokenNext__factory,
  RebaseTokenPool__factory,
  RebaseToken__factory,
} from "../../../typechain-types";

import { agreed, anyLane, anyRole, both, command } from "../command";
import type { Model } from "../model";
import { pairKey, ROLES } from "../names";
import type { Refusal } from "../names";
import type { Call, System } from "../system";

/** Untyped: the name of a call is drawn or chosen. */
const token: Interface = abi.token;
const NO_LIMIT = { isEnabled: false, capacity: 0n, rate: 0n };
const BRIDGE_ROLE = id("BRIDGE_ROLE");

const replacePool = command(
  "replace pool",
  fc.record({ role: anyRole, isIntroduced: fc.constantFrom(true, true, false) }),
  {
    run: async (model, real, { role, isIntroduced }) => {
      const chain = model.chains[role];
      const pool = await deployPool(model, real, role);
      real.pools[role].push(pool);
      const number = real.pools[role].length - 1;
      if (isIntroduced) {
        for (const peer of peersOf(role)) await introduce(model, real, { peer, role, number });
      }
      const { token: address } = real.chain(role).contracts;
      const old = real.pools[role][chain.pool] ?? "";
      const { ccip } = real.s.ccipChain(real.chain(role));
      const grant = (name: "grantRole" | "revokeRole", to: string): Call => ({
        to: address,
        data: token.encodeFunctionData(name, [BRIDGE_ROLE, to]),
      });
      const setPool = ccipAbi.registry.encodeFunctionData("setPool", [address, pool]);
      const calls = [
        grant("grantRole", pool),
        { to: ccip.tokenAdminRegistry, data: setPool },
        grant("revokeRole", old),
      ];
      return both(model, real, role, real.govern(role, calls), () => {
        chain.pool = number;
        return undefined;
      });
    },
  },
);

/** A new pool of a chain, which knows what the one in use knows. */
async function deployPool(model: Model, real: System, role: ChainRole): Promise<string> {
  const { s } = real;
  const chain = real.chain(role);
  const factory = new RebaseTokenPool__factory(s.signer(chain, "deployer"));
  const { rmnProxy, router } = s.ccipChain(chain).ccip;
  const pool = await factory.deploy(chain.contracts.token, rmnProxy, router);
  const to = await pool.getAddress();
  const remotes = peersOf(role).map((peer) => ({
    remoteChainSelector: real.chain(peer).selector,
    remotePoolAddresses: [...model.chains[role].known[peer]].map((number) =>
      encodeAddress(real.pools[peer][number] ?? ""),
    ),
    remoteTokenAddress: encodeAddress(real.chain(peer).contracts.token),
    outboundRateLimiterConfig: NO_LIMIT,
    inboundRateLimiterConfig: NO_LIMIT,
  }));
  const data = abi.pool.encodeFunctionData("applyChainUpdates", [[], remotes]);
  agreed(
    (await real.transact(role, { address: s.address("deployer") }, { to, data })).refusal,
    undefined,
  );
  const hand = abi.pool.encodeFunctionData("transferOwnership", [chain.contracts.timelock]);
  agreed(
    (await real.transact(role, { address: s.address("deployer") }, { to, data: hand })).refusal,
    undefined,
  );
  const accept = abi.pool.encodeFunctionData("acceptOwnership");
  agreed((await real.govern(role, [{ to, data: accept }])).refusal, undefined);
  return to;
}

/** Has the pool of a peer take what another pool of a chain sends, beside those that it knows. */
export function introduce(
  model: Model,
  real: System,
  { peer, role, number }: { peer: ChainRole; role: ChainRole; number: number },
): Promise<Refusal> {
  const there = model.chains[peer];
  const address = encodeAddress(real.pools[role][number] ?? "");
  const data = abi.pool.encodeFunctionData("addRemotePool", [real.chain(role).selector, address]);
  const call = { to: real.pools[peer][there.pool] ?? "", data };
  return both(model, real, peer, real.govern(peer, [call]), () => {
    there.known[role].add(number);
    return undefined;
  });
}

/** The pools that a chain does not know of the others. */
export function unknownPools({ chains }: Model, real: System) {
  return ROLES.flatMap((role) =>
    real.pools[role].flatMap((_, number) =>
      peersOf(role)
        .filter((peer) => !chains[peer].known[role].has(number))
        .map((peer) => ({ peer, role, number })),
    ),
  );
}

const introduceAll = command("introduce pools", fc.constant(undefined), {
  possible: ({ chains }) =>
    ROLES.some((role) =>
      peersOf(role).some((peer) => !chains[peer].known[role].has(chains[role].pool)),
    ),
  run: async (model, real) => {
    for (const unknown of unknownPools(model, real)) await introduce(model, real, unknown);
    return undefined;
  },
});

const upgrade = command("upgrade token", fc.record({ role: anyRole, isNext: fc.boolean() }), {
  run: async (model, real, { role, isNext }) => {
    const deployer = real.s.signer(real.chain(role), "deployer");
    const factory = isNext
      ? new RebaseTokenNext__factory(deployer)
      : new RebaseToken__factory(deployer);
    const implementation = await (await factory.deploy()).getAddress();
    const data = abi.token.encodeFunctionData("upgradeToAndCall", [implementation, "0x"]);
    const call = { to: real.chain(role).contracts.token, data };
    return both(model, real, role, real.govern(role, [call]), () => undefined);
  },
});

const migrate = command("migrate lane", anyLane, {
  run: async (model, real, lane) => {
    const ramps = 1 - model.rampsOf(lane);
    const back = { from: lane.to, to: lane.from };
    await connectLanes([real.lane({ ...lane, ramps }), real.lane({ ...back, ramps })]);
    model.ramps.set(pairKey(lane), ramps);
    return undefined;
  },
});

function peersOf(role: ChainRole): ChainRole[] {
  return ROLES.filter((peer) => peer !== role);
}

export const changeCommands = [
  { weight: 1, arbitrary: replacePool },
  { weight: 1, arbitrary: introduceAll },
  { weight: 1, arbitrary: upgrade },
  { weight: 1, arbitrary: migrate },
];
