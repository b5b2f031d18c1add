import type { Artifacts } from "hardhat/types";

import { contractMarkdown, metadataSchema } from "./markdown";

/** The contracts that are documented. */
export const CONTRACTS = {
  RebaseToken: "contracts/RebaseToken.sol",
  RebaseTokenPool: "contracts/ccip/RebaseTokenPool.sol",
  RebaseController: "contracts/home/RebaseController.sol",
  RebaseBroadcaster: "contracts/home/RebaseBroadcaster.sol",
  RebaseReceiver: "contracts/satellite/RebaseReceiver.sol",
  RebaseNotifier: "contracts/listeners/RebaseNotifier.sol",
  IRebaseListener: "contracts/interfaces/IRebaseListener.sol",
  PairSyncer: "contracts/listeners/PairSyncer.sol",
  ProposalSender: "contracts/home/ProposalSender.sol",
  ProposalReceiver: "contracts/satellite/ProposalReceiver.sol",
  ContainedRebaseTokenPool: "contracts/ccip/ContainedRebaseTokenPool.sol",
  WrappedRebaseToken: "contracts/defi/WrappedRebaseToken.sol",
  WrappedBridge: "contracts/defi/WrappedBridge.sol",
  RebaseRateFeed: "contracts/defi/RebaseRateFeed.sol",
} as const;

/** Returns the pages of docs/api by file name, from the contracts as they were compiled last. */
export async function apiPages(artifacts: Artifacts): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>();
  for (const [name, source] of Object.entries(CONTRACTS)) {
    const build = await artifacts.getBuildInfo(`${source}:${name}`);
    // Typed by Hardhat without the metadata, which its compiler settings ask for.
    const output = build?.output.contracts[source]?.[name] as { metadata?: string } | undefined;
    if (!output?.metadata) throw new Error(`${name} is not compiled: run "npx hardhat compile".`);
    const metadata = metadataSchema.parse(JSON.parse(output.metadata));
    pages.set(`${name}.md`, contractMarkdown(name, source, metadata));
  }
  const list = Object.keys(CONTRACTS).map((name) => `- [${name}](${name}.md)`);
  pages.set(
    "README.md",
    `# API of the contracts\n\nGenerated from NatSpec by \`npm run generate:api\`: do not edit.\n\n${list.join("\n")}\n`,
  );
  return pages;
}
