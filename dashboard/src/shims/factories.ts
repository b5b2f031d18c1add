/** Stands in for the generated factories, which carry bytecode that the browser has no use for. */
export const RebaseToken__factory = {
  connect(): never {
    throw new Error("The dashboard reads chains through viem, not through contract factories.");
  },
};
