import type { CodeCoverageConfig } from "@nomicfoundation/edr";

/** Address whose calls Hardhat's EVM reports as hits. */
const HIT_ADDRESS = "0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0BeC0BE";

/** Functions that solidity-coverage adds to a contract, and calls with the hash of each line and branch. */
const HIT_FUNCTION =
  /function (c_\w+)\((bytes8 c__\w+)\)( internal)?( pure(?: returns \(bool\))?) ?\{([^}]*)\}/g;

/** Counts of lines, statements and branches, by their hashes. */
type Hits = Readonly<Record<string, { hits: number } | undefined>>;

interface CoverageApi {
  readonly instrumenter: { readonly instrumentationData: Hits };
}

interface HardhatNetwork {
  readonly _wrapped?: HardhatNetwork;
  readonly _providerConfig: { observability: { codeCoverage?: CodeCoverageConfig } };
  init?(): Promise<void>;
  request(args: { readonly method: string }): Promise<unknown>;
}

/** Lets the functions of an instrumented source call the address of hits with the hash that they are given. */
export function withHitCalls(source: string): string {
  return source.replace(
    HIT_FUNCTION,
    (_, name: string, hash: string, visibility = "", kind: string, body: string) =>
      `function v${name}(${hash})${visibility} view {
        assembly ("memory-safe") {
          mstore(0, ${hash.slice("bytes8 ".length)})
          pop(staticcall(gas(), ${HIT_ADDRESS}, 0, 8, 0, 0))
        }
      }
      function ${name}(${hash})${visibility}${kind} {
        function (bytes8)${visibility || " internal"} view seeing = v${name};
        function (bytes8)${visibility || " internal"} pure hit;
        assembly { hit := seeing }
        hit(${hash.slice("bytes8 ".length)});
        ${body}
      }`,
  );
}

/**
 * Lets solidity-coverage count the hits that the EVM reports, instead of looking for them in the trace of every
 * instruction, which takes ten times as long.
 */
export function countHitsInTheEvm(): void {
  const api = require("solidity-coverage/lib/api") as {
    prototype: { attachToHardhatVM(this: CoverageApi, provider: HardhatNetwork): Promise<void> };
  };
  api.prototype.attachToHardhatVM = async function (provider) {
    await provider.init?.();
    let network = provider;
    while (network._wrapped) network = network._wrapped;
    const { observability } = network._providerConfig;
    if (observability.codeCoverage) return;
    const counted = this.instrumenter.instrumentationData;
    observability.codeCoverage = {
      onCollectedCoverageCallback: (hashes) => {
        for (const hash of hashes) {
          const one = counted[`0x${Buffer.from(hash).toString("hex")}`];
          if (one) one.hits++;
        }
        return Promise.resolve();
      },
    };
    // Only a new chain takes the setting.
    await provider.request({ method: "hardhat_reset" });
  };
}
