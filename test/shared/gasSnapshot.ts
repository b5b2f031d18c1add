import { readFileSync, writeFileSync } from "node:fs";

import { expect } from "chai";
import { z } from "zod";

const figuresSchema = z.record(z.string(), z.int().positive());

/**
 * Gas figures that are kept in git, so that a change of them is reviewed as a diff. Run
 * with `UPDATE_GAS=1` to write what is measured.
 */
export class GasSnapshot {
  private readonly figures: Record<string, number>;
  private readonly updating = process.env.UPDATE_GAS === "1";

  constructor(private readonly file: string) {
    this.figures = figuresSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  }

  /** Labels of the figures. */
  get names(): string[] {
    return Object.keys(this.figures);
  }

  /** Compares a figure with the one in git, to the unit of gas. */
  check(name: string, measured: bigint): void {
    if (this.updating) {
      this.figures[name] = Number(measured);
      writeFileSync(this.file, `${JSON.stringify(this.figures, null, 2)}\n`);
    }
    expect(Number(measured), `${name}: run again with UPDATE_GAS=1 if that is meant`).to.equal(
      this.figures[name],
    );
  }
}
