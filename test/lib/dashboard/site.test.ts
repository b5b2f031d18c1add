import { existsSync, readFileSync, utimesSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { BUILT_SITE, buildSite } from "../../../lib/dashboard/site";

const index = path.join(BUILT_SITE, "index.html");

describe("The dashboard's built site", () => {
  it("is complete at every moment while two processes rebuild it", async () => {
    await buildSite();
    utimesSync(index, 0, 0);

    let building = true;
    let absences = 0;
    const builds = Promise.all([buildSite(), buildSite()]).finally(() => (building = false));
    while (building) {
      if (!existsSync(index)) absences += 1;
      await sleep(1);
    }
    await builds;

    expect(absences, "moments without a page").to.equal(0);
    const named = [...readFileSync(index, "utf8").matchAll(/(?:src|href)="\.\/([^"]+)"/g)];
    expect(named).not.to.be.empty;
    for (const [, file = ""] of named) {
      expect(existsSync(path.join(BUILT_SITE, file)), file).to.equal(true);
    }
  });
});
