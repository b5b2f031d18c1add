import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Manifest } from "./manifest";

/** The directory of chains of `@chainlink/ccip-sdk`, its export `SELECTORS`. */
export type SdkSelectors = Record<
  string,
  { selector: bigint; name?: string; family: string; network_type: string }
>;

/** Adds the chains of a network to the directory of `@chainlink/ccip-sdk`, which then works on them. */
export function registerWithCcipSdk(
  selectors: object,
  {
    chains,
  }: {
    readonly chains: readonly Pick<Manifest["chains"][number], "name" | "chainId" | "selector">[];
  },
): void {
  const entries: SdkSelectors = Object.fromEntries(
    chains.map(({ name, chainId, selector }) => [
      String(chainId),
      { selector: BigInt(selector), name, family: "EVM", network_type: "TESTNET" },
    ]),
  );
  Object.assign(selectors, entries);
}

/** Writes a module that registers the chains with the SDK, for `node --import`. */
export function writeSdkRegistration(directory: string, { chains }: Manifest): void {
  const lines = chains.map(
    ({ name, chainId, selector }) =>
      `SELECTORS[${JSON.stringify(String(chainId))}] = { selector: ${selector}n, ` +
      `name: ${JSON.stringify(name)}, family: "EVM", network_type: "TESTNET" };`,
  );
  const module = ['import { SELECTORS } from "@chainlink/ccip-sdk";', ...lines, ""].join("\n");
  writeFileSync(path.join(directory, REGISTRATION), module);
}

/** Deletes that module. */
export function removeSdkRegistration(directory: string): void {
  rmSync(path.join(directory, REGISTRATION), { force: true });
}

const REGISTRATION = "ccip-sdk.mjs";
