import { mkdtempSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { localAccount, startAnvil } from "ccip-localnet";

import { openProvider } from "../../../lib/rpc/provider";
import { sendTransaction } from "../../../lib/tx/send";

/** Notes every host that this process connects to, until it is restored. */
function watchConnections(): { readonly hosts: Set<string>; restore(): void } {
  const hosts = new Set<string>();
  // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was found.
  const original = Socket.prototype.connect;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    const text = JSON.stringify(args);
    for (const [, host] of text.matchAll(/"host(?:name)?":"([^"]+)"/g)) if (host) hosts.add(host);
    return Reflect.apply(original, this, args) as Socket;
  };
  return { hosts, restore: () => (Socket.prototype.connect = original) };
}

describe("A chain for which the library knows a web site with fees", () => {
  for (const chainId of [137, 80_001]) {
    it(`${chainId}: fees are read from its node, and no third party is contacted`, async () => {
      const directory = mkdtempSync(path.join(tmpdir(), "third-"));
      const name = `chain-${chainId}`;
      const connections = watchConnections();
      const anvil = await startAnvil({ name, chainId, logFile: path.join(directory, "log") });
      try {
        const provider = await openProvider(name, anvil.url, BigInt(chainId));
        const { maxFeePerGas } = await provider.getFeeData();
        expect(maxFeePerGas).to.equal((await anvil.provider.getFeeData()).maxFeePerGas);
        const signer = localAccount(7).connect(provider);
        const { status } = await sendTransaction({ name }, signer, {
          label: "pay",
          to: localAccount(8).address,
          value: 1n,
        });
        expect(status).to.equal(1);
        expect([...connections.hosts]).to.deep.equal(["127.0.0.1"]);
        provider.destroy();
      } finally {
        connections.restore();
        await anvil.stop();
        rmSync(directory, { recursive: true });
      }
    });
  }
});
