import { ContractFactory } from "ethers";
import Mocha from "mocha";

import { forgetMarked, markRunning } from "../../test/shared/fixture";

/** Milliseconds that one test or hook may take, on a machine with much else to do. */
const TEST_TIMEOUT_MS = 300_000;

/** Result of a run of tests. */
export interface Outcome {
  /** Full title of the first test that failed. */
  readonly failed: string | undefined;
  readonly message: string;
}

class Silent extends Mocha.reporters.Base {}

/** Tests of one contract, loaded once and run as often as there are faults. */
export class Suite {
  private readonly mocha: Mocha;

  constructor(files: readonly string[]) {
    this.mocha = new Mocha({ bail: true, timeout: TEST_TIMEOUT_MS, reporter: Silent });
    this.mocha.cleanReferencesAfterRun(false);
    files.forEach((file) => this.mocha.addFile(require.resolve(`${process.cwd()}/${file}`)));
    // Another suite may have loaded the same files.
    this.mocha.unloadFiles();
    (this.mocha as unknown as { loadFiles(): void }).loadFiles();
  }

  /** Runs the tests with these full titles, or all, until one fails. */
  run(titles?: readonly string[]): Promise<Outcome> {
    forgetMarked();
    this.mocha.options.grep = titles
      ? new RegExp(`^(${titles.map(escaped).join("|")})$`)
      : undefined;
    let failed: string | undefined;
    let message = "";
    return new Promise((resolve) => {
      const runner = this.mocha.run(() => resolve({ failed, message }));
      runner.on("fail", (test: Mocha.Runnable, error: unknown) => {
        failed ??= test.ctx?.currentTest?.fullTitle() ?? test.fullTitle();
        message ||= error instanceof Error ? error.message : String(error);
      });
    });
  }
}

function escaped(title: string): string {
  return title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

const deployedInstead = new Map<string, string>();
let replacedCount = 0;

/** Deploys other creation codes, by the original ones, in the place of those that the factories carry. */
export function deployInstead(codes: ReadonlyMap<string, string>): void {
  deployedInstead.clear();
  codes.forEach((code, original) => deployedInstead.set(original, code));
  replacedCount = 0;
}

/** Number of contracts that were deployed since with another code. */
export function replacedDeployments(): number {
  return replacedCount;
}

const getDeployTransaction = Object.getOwnPropertyDescriptor(
  ContractFactory.prototype,
  "getDeployTransaction",
)?.value as ContractFactory["getDeployTransaction"];

ContractFactory.prototype.getDeployTransaction = async function (this: ContractFactory, ...args) {
  const transaction = await getDeployTransaction.apply(this, args);
  const code = deployedInstead.get(this.bytecode);
  if (!code) return transaction;
  replacedCount += 1;
  markRunning();
  return { ...transaction, data: code + transaction.data.slice(this.bytecode.length) };
};
