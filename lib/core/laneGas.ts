/**
 * Gas of a broadcast for each of its lanes: `LANE_GAS_LIMIT` of the broadcaster, the 64th that a call holds
 * back, and the record and the event of the lane. Fifteen lanes stay below 16,777,216, the most that Ethereum gives a
 * transaction (EIP-7825), even if all of them use everything.
 */
export const GAS_PER_LANE = 1_055_000n;
