import type { RebaseToken } from "../../../typechain-types";

/** The admin state of a contract with AccessControlDefaultAdminRules. */
export interface DefaultAdminState {
  readonly admin: string;
  readonly pendingAdmin: string;
  /** Unix seconds after which the pending admin may accept; 0 if there is none. */
  readonly acceptableAfter: bigint;
  /** Delay of an admin hand-over, seconds. */
  readonly delay: bigint;
  /** A scheduled change of that delay: the new value in seconds, and the unix time at which it takes effect. */
  readonly pendingDelay?: { readonly delay: bigint; readonly from: bigint };
}

type Administrable = Pick<
  RebaseToken,
  "defaultAdmin" | "pendingDefaultAdmin" | "defaultAdminDelay" | "pendingDefaultAdminDelay"
>;

/** Reads the default admin of a contract. */
export async function readDefaultAdmin(contract: Administrable): Promise<DefaultAdminState> {
  const [admin, { newAdmin, schedule }, delay, pending] = await Promise.all([
    contract.defaultAdmin(),
    contract.pendingDefaultAdmin(),
    contract.defaultAdminDelay(),
    contract.pendingDefaultAdminDelay(),
  ]);
  return {
    admin,
    pendingAdmin: newAdmin,
    acceptableAfter: schedule,
    delay,
    ...(pending.schedule > 0n && {
      pendingDelay: { delay: pending.newDelay, from: pending.schedule },
    }),
  };
}

/** Returns the delay in effect at a time, and a scheduled change. */
export function delayAt(
  timestamp: bigint,
  { delay, pendingDelay }: Pick<DefaultAdminState, "delay" | "pendingDelay">,
): Pick<DefaultAdminState, "delay" | "pendingDelay"> {
  // The contract stores an effective change only when the next one is scheduled.
  if (!pendingDelay || pendingDelay.from < timestamp) {
    return { delay: pendingDelay?.delay ?? delay };
  }
  return { delay, pendingDelay };
}
