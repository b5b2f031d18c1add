import { z } from "zod";

/** Where the compiler left room for immutables: by id, byte ranges of the deployed code. */
const immutableReferencesSchema = z.record(
  z.string(),
  z.array(z.object({ start: z.int().min(0), length: z.int().min(0) })),
);

/** What the compiler made of a contract, as hardhat-deploy reads it together from artifacts and build info. */
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
