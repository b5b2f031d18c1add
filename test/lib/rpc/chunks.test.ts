import { expect } from "chai";

import { inChunks } from "../../../lib/rpc/chunks";

describe("Many requests", () => {
  for (const count of [0, 1, 99, 100, 101, 250]) {
    it(`are ${count}: each is made once, at most a hundred at once, with the results in order`, async () => {
      const items = Array.from({ length: count }, (_, i) => i);
      let [underWay, most, made] = [0, 0, 0];
      const answers = await inChunks(items, async (item) => {
        made += 1;
        most = Math.max(most, ++underWay);
        await new Promise(setImmediate);
        underWay -= 1;
        return -item;
      });
      expect(answers).to.deep.equal(items.map((item) => -item));
      expect(made).to.equal(count);
      expect(most).to.equal(Math.min(count, 100));
    });
  }
});
