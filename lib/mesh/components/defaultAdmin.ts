/** The administration of a contract with AccessControlDefaultAdminRules. */
export interface DefaultAdminState {
  readonly admin: string;
  readonly pendingAdmin: string;
  /** Unix seconds after which the pending admin may accept; 0 if there is none. */
  readonly acceptableAfter: bigint;
  /** Seconds that a hand-over of the admin takes. */
  readonly delay: bigint;
  /** A scheduled change of that delay: the new value in seconds, and unix seconds after which it takes effect. */
  readonly pendingDelay?: { readonly delay: bigint; readonly from: bigint };
}

/** Reads the administration of a contract. */
export async function readDefaultAdmin(contract: {
  defaultAdmin(): Promise<string>;
  pendingDefaultAdmin(): Promise<{ newAdmin: string; schedule: bigint }>;
  defaultAdminDelay(): Promise<bigint>;
  pendingDefaultAdminDelay(): Promise<{ newDelay: bigint; schedule: bigint }>;
}): Promise<DefaultAdminState> {
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

/** The delay in effect at a time, and a change that is still to come. */
export function delayAt(
  timestamp: bigint,
  { delay, pendingDelay }: Pick<DefaultAdminState, "delay" | "pendingDelay">,
): Pick<DefaultAdminState, "delay" | "pendingDelay"> {
  // The contract stores a change only at the next one, long after it took effect.
  if (!pendingDelay || pendingDelay.from < timestamp) {
    return { delay: pendingDelay?.delay ?? delay };
  }
  return { delay, pendingDelay };
}
