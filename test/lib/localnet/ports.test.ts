import { once } from "node:events";
import { createServer } from "node:net";

import { expect } from "chai";

import { DEFAULT_PORT, choosePorts, parsePort } from "../../../lib/localnet/ports";

describe("choosePorts", () => {
  const silent = (): void => undefined;

  it("uses the given port, and the 16th after it for the dashboard", async () => {
    expect(await choosePorts(20_000, 3, silent)).to.deep.equal({
      chains: 20_000,
      dashboard: 20_016,
    });
  });

  it("uses free ports for 0", async () => {
    expect(await choosePorts(0, 3, silent)).to.deep.equal({ chains: 0, dashboard: 0 });
  });

  it("uses free ports when a default one is taken, and reports it", async () => {
    const server = createServer().listen(DEFAULT_PORT + 1, "127.0.0.1");
    // Another process that listens there takes the port as well.
    await Promise.race([once(server, "listening"), once(server, "error")]);
    const lines: string[] = [];
    const ports = await choosePorts(undefined, 3, (line) => lines.push(line));
    server.close();
    expect(ports).to.deep.equal({ chains: 0, dashboard: 0 });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^Port 85\d\d is taken, .* --port/);
  });
});

describe("parsePort", () => {
  it("reads a port, and an empty value as none", () => {
    expect(parsePort("9000")).to.equal(9_000);
    expect(parsePort(undefined)).to.equal(undefined);
  });

  for (const text of ["-1", "65520", "http"]) {
    it(`refuses ${text}`, () => {
      expect(() => parsePort(text)).to.throw(/^--port /);
    });
  }
});
