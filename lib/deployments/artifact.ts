import { z } from "zod";

/** Byte ranges of the deployed code that hold immutables, by id. */
const immutableReferencesSchema = z.record(
  z.string(),
  z.array(z.object({ start: z.int().min(0), length: z.int().min(0) })),
);

/** A compiled contract, as hardhat-deploy reads it from artifacts and build info. */
export const artifactSchema = z.object({
  contractName: z.string(),
  sourceName: z.string(),
  abi: z.array(z.record(z.string(), z.unknown())),
  /** Creation code. */
  bytecode: z.string(),
  /** With zeros in the place of immutables. */
  deployedBytecode: z.string(),
  evm: z.object({
    deployedBytecode: z.object({ immutableReferences: immutableReferencesSchema.optional() }),
    methodIdentifiers: z.unknown().optional(),
    gasEstimates: z.unknown().optional(),
  }),
  metadata: z.string(),
  solcInput: z.string(),
  solcInputHash: z.string(),
  devdoc: z.unknown().optional(),
  userdoc: z.unknown().optional(),
  storageLayout: z.unknown().optional(),
});

export type Artifact = z.output<typeof artifactSchema>;
