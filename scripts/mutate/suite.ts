import Mocha from "mocha";

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
  private readonly leftOut = new Set<string>();

  constructor(files: readonly string[]) {
    this.mocha = new Mocha({ bail: true, timeout: TEST_TIMEOUT_MS, reporter: Silent });
    this.mocha.cleanReferencesAfterRun(false);
    files.forEach((file) => this.mocha.addFile(require.resolve(`${process.cwd()}/${file}`)));
    // Another suite may have loaded the same files.
    this.mocha.unloadFiles();
    (this.mocha as unknown as { loadFiles(): void }).loadFiles();
  }

  /** Leaves a test out of all runs from now on. */
  leaveOut(title: string): void {
    this.leftOut.add(title);
  }

  /** Runs the tests with these full titles, or all, until one fails. */
  run(titles?: readonly string[]): Promise<Outcome> {
    const isOf = (list: Iterable<string>) => `(${[...list].map(escaped).join("|")})$`;
    const others = this.leftOut.size > 0 ? `(?!${isOf(this.leftOut)})` : "";
    this.mocha.options.grep = new RegExp(`^${others}${titles ? isOf(titles) : ""}`);
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
