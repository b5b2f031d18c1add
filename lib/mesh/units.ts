/** Decimals of the token on every chain. */
export const TOKEN_DECIMALS = 18;

/** The factor that leaves balances as they are, in the controller's unit. */
export const UNCHANGED_GROWTH = 10n ** 27n;
