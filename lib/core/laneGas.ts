/** Gas of a broadcast for each lane: `LANE_GAS_LIMIT` and the code around it; fifteen stay below EIP-7825's 16,777,216. */
export const GAS_PER_LANE = 1_055_000n;
