import "./releaseFiles";

export * from "./accounts";
export * from "./contracts/deploy";
export * from "./contracts/deploy16";
export * from "./contracts/feeTokens";
export * from "./contracts/transactions";
export * from "./delivery/carrier";
export * from "./delivery/committee";
export * from "./delivery/don";
export * from "./delivery/faults";
export * from "./delivery/local";
export * from "./nodes/anvil";
export * from "./nodes/clock";
export * from "./send";
