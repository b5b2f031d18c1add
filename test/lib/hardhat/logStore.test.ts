import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { fileLogStore } from "../../../lib/hardhat/logStore";

const KEPT = { upTo: 7, logs: [], since: 1 };

describe("The folder of cached logs", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "logs-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const storeAt = (folder: string) => {
    const said: string[] = [];
    return { said, store: fileLogStore(folder, (text) => said.push(text)) };
  };

  it("keeps them", () => {
    const { store, said } = storeAt(path.join(directory, "logs"));
    store.save("key", KEPT);
    expect(store.load("key")).to.deep.include(KEPT);
    expect(said).to.be.empty;
  });

  const broken: { what: string; folder: () => string; reason: RegExp }[] = [
    {
      what: "is on a disk that is full",
      folder: () => {
        symlinkSync("/dev/full", path.join(directory, "key.json"));
        symlinkSync("/dev/full", path.join(directory, "other.json"));
        return directory;
      },
      reason: /ENOSPC/,
    },
    {
      what: "is not there, and a file in its place",
      folder: () => {
        writeFileSync(path.join(directory, "cache"), "");
        return path.join(directory, "cache", "logs");
      },
      reason: /ENOTDIR|EEXIST/,
    },
    {
      what: "is not writable",
      folder: () => "/sys/logs",
      reason: /EACCES|EPERM|EROFS/,
    },
  ];
  for (const { what, folder, reason } of broken) {
    it(`reports once that it ${what}, and stops no read`, () => {
      const { store, said } = storeAt(folder());
      expect(store.load("unknown")).to.equal(undefined);
      store.save("key", KEPT);
      store.save("other", KEPT);
      expect(said).to.have.length(1);
      expect(said[0]).to.match(/^nothing is kept for the next run, which reads it again: /);
      expect(said[0]).to.match(reason);
    });
  }

  it("is read as empty where an earlier version wrote a file in another format", () => {
    const { store } = storeAt(directory);
    writeFileSync(path.join(directory, "key.json"), JSON.stringify({ upTo: 7, logs: [] }));
    expect(store.load("key")).to.equal(undefined);
  });

  it("is read as empty where a file was truncated, and rewritten", () => {
    const { store } = storeAt(directory);
    store.save("key", KEPT);
    const file = path.join(directory, "key.json");
    writeFileSync(file, readFileSync(file, "utf8").slice(0, 5));
    expect(store.load("key")).to.equal(undefined);
    store.save("key", { ...KEPT, upTo: 8 });
    expect(store.load("key")).to.deep.include({ ...KEPT, upTo: 8 });
  });
});
