import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { compileAll } from "./batch";
import type { Build } from "./batch";
import { SubjectCompiler } from "./compiler";
import { deployInstead, deployWithFault, replacedDeployments } from "./deployments";
import type { Replacements } from "./deployments";
import { edited } from "./source";
import type { Subject } from "./subjects";
import { Suite } from "./suite";
import type { SwitchedEdit } from "./switched";

/** Most tests that are tried before all others. */
const MAX_LIKELY = 12;

/** A fault as a worker is told of it. */
export interface PlantedFault extends SwitchedEdit {
  readonly function: string;
}

/** A test that has seen a fault, and the function that the fault was in. */
export interface Killer {
  readonly function: string;
  readonly title: string;
}

/** Decision about a fault: the tests saw it or not, the compiler refused it, or made the same code of it. */
export interface Decision {
  readonly id: string;
  readonly status: "killed" | "survived" | "refused" | "same code";
  readonly killer?: string;
}

/** Decides about faults in one contract. */
export class FaultTester {
  private suite: Suite | undefined;
  /** Tests that pass without a fault, by the code without one. */
  private readonly sound = new WeakMap<Replacements, Set<string>>();
  private readonly deployables = new WeakMap<ReadonlyMap<string, string>, Replacements>();

  private constructor(
    private readonly subject: Subject,
    private readonly compiler: SubjectCompiler,
    private readonly originals: ReadonlyMap<string, string>,
  ) {}

  static async of(hre: HardhatRuntimeEnvironment, subject: Subject): Promise<FaultTester> {
    const originals = new Map<string, string>();
    for (const target of subject.targets) {
      originals.set(target, (await hre.artifacts.readArtifact(target)).bytecode);
    }
    return new FaultTester(subject, await SubjectCompiler.of(hre, subject), originals);
  }

  /** Decides about each fault in turn. The killers of other faults run first, the latest at the end of the list. */
  async *decide(
    faults: readonly PlantedFault[],
    before: readonly Killer[],
    onBegin: (id: string) => void,
  ): AsyncGenerator<Decision> {
    const killers = [...before];
    const { builds, refused } = compileAll(this.compiler, faults);
    for (const { id } of refused) yield { id, status: "refused" };
    for (const build of builds) {
      for (const [i, edit] of build.edits.entries()) {
        const { id } = edit;
        onBegin(id);
        const where = faults.find((one) => one.id === id)?.function ?? "";
        const killer = await this.killerOf(build, i + 1, likely(killers, where));
        if (killer === undefined) {
          yield { id, status: this.isSameCode(edit) ? "same code" : "survived" };
          continue;
        }
        killers.push({ function: where, title: killer });
        yield { id, status: "killed", killer };
      }
    }
  }

  /** Returns the test that fails with a fault of a build. */
  private async killerOf(build: Build, number: number, titles: readonly string[]) {
    const faultless = this.deployable(build.faultless);
    const faulty = this.deployable(build.faulty(number));
    if (build.isSwitched) {
      const failed = await this.failedOf(faultless, titles, () =>
        deployWithFault(faultless, number),
      );
      if (failed) return failed;
    }
    // The fixtures themselves may do what the fault is in.
    return this.failedOf(faultless, build.isSwitched ? [] : titles, () => deployInstead(faulty));
  }

  /** Returns the test that fails with a fault and passes without one; first one of those named, if there is one. */
  private async failedOf(faultless: Replacements, titles: readonly string[], plant: () => void) {
    this.suite ??= new Suite(this.subject.tests);
    for (;;) {
      plant();
      const quick = titles.length > 0 ? await this.suite.run(titles) : undefined;
      const { failed } = quick?.failed ? quick : await this.suite.run();
      if (replacedDeployments() === 0) {
        throw new Error(`The tests of ${this.subject.name} deploy none of its targets.`);
      }
      if (!failed || (await this.isSound(failed, faultless))) return failed;
      this.suite.leaveOut(failed);
    }
  }

  /** Returns whether a test passes without a fault. One about gas may not: the optimizer is off. */
  private async isSound(title: string, faultless: Replacements): Promise<boolean> {
    const sound = this.sound.get(faultless) ?? new Set();
    this.sound.set(faultless, sound);
    if (sound.has(title)) return true;
    deployInstead(faultless);
    const outcome = await this.suite?.run([title]);
    if (!outcome?.failed) sound.add(title);
    else console.error(`Left out, it fails without a fault: ${title}: ${outcome.message}`);
    return !outcome?.failed;
  }

  /** Returns creation codes by those that the factories carry; the same object for the same codes. */
  private deployable(codes: ReadonlyMap<string, string>): Replacements {
    const known = this.deployables.get(codes);
    if (known) return known;
    const pairs = this.subject.targets.map(
      (target) => [this.originals.get(target) ?? "", codes.get(target) ?? ""] as const,
    );
    const result = new Map(pairs);
    this.deployables.set(codes, result);
    return result;
  }

  private isSameCode(edit: SwitchedEdit): boolean {
    const { source } = this.compiler;
    const faulty = this.compiler.compile(edited(source, edit), true).codes;
    return [...this.compiler.originals(true)].every(
      ([target, code]) => faulty.get(target) === code,
    );
  }
}

/** Returns the tests that saw other faults, first in the same function, the latest first. */
function likely(killers: readonly Killer[], where: string): string[] {
  const latest = [...killers].reverse();
  const near = latest.filter((one) => one.function === where);
  return [...new Set([...near, ...latest].map(({ title }) => title))].slice(0, MAX_LIKELY);
}
