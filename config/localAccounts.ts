/**
 * Accounts of the development mnemonic by their role in the token, beside the ones that
 * CCIP takes at the end of the list.
 */
export const LOCAL_ROLES = {
  issuer: 1,
  rebaseOperator: 2,
  guardian: 3,
  operations: 4,
  treasurySpender: 5,
  rateLimitAdmin: 6,
} as const;

/** Accounts that hold tokens in the demo and in tests, and one that only pays for others. */
export const LOCAL_HOLDERS = { alice: 7, bob: 8, carol: 9, thirdParty: 10 } as const;
