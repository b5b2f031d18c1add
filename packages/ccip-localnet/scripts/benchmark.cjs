// Compares the start of three chains with CCIP and all lanes with a bare script that sends the same
// transactions to fresh nodes, all chains at once, each transaction awaited before the next:
// `npm run benchmark -- [runs]`. Both run in turn on this machine; what counts is their ratio.
require("ts-node").register({ transpileOnly: true, cwd: __dirname });
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const path = require("node:path");

const { NonceManager } = require("ethers");
const { LOCAL_FUNDED_ACCOUNTS, localAccount, startAnvil, startLocalnet } = require("../src");

const CHAINS = 3;
const accounts = Array.from({ length: LOCAL_FUNDED_ACCOUNTS }, (_, i) => localAccount(i));

async function seconds(action) {
  const start = process.hrtime.bigint();
  await action();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

async function start(ccip) {
  const network = await startLocalnet({ chains: CHAINS, ccip });
  await network.stop();
}

/** Reads what a start sends to each of its chains. */
async function record(ccip) {
  const network = await startLocalnet({ chains: CHAINS, ccip });
  const recorded = await Promise.all(
    network.chains.map(async ({ provider, chainId }) => {
      const sent = [];
      for (let number = 1; number <= (await provider.getBlockNumber()); number += 1) {
        const block = await provider.getBlock(number, true);
        for (const { from, to, data, value, gasLimit } of block.prefetchedTransactions) {
          sent.push({ from, request: { to, data, value, gasLimit } });
        }
      }
      return { chainId: Number(chainId), sent };
    }),
  );
  await network.stop();
  return recorded;
}

async function bare(recorded) {
  const directory = mkdtempSync(path.join(tmpdir(), "benchmark-"));
  const nodes = await Promise.all(
    recorded.map(({ chainId }) =>
      startAnvil({ name: `${chainId}`, chainId, logFile: path.join(directory, `${chainId}.log`) }),
    ),
  );
  await Promise.all(
    recorded.map(async ({ sent }, i) => {
      const signers = new Map(
        accounts.map((account) => [
          account.address,
          new NonceManager(account.connect(nodes[i].provider)),
        ]),
      );
      for (const { from, request } of sent) {
        const transaction = await signers.get(from).sendTransaction(request);
        await transaction.wait();
      }
    }),
  );
  await Promise.all(nodes.map((node) => node.stop()));
  rmSync(directory, { recursive: true });
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function main() {
  const runs = Number(process.argv[2] ?? 3);
  for (const ccip of ["1.6", "2.0"]) {
    const recorded = await record(ccip);
    const times = { own: [], bare: [] };
    for (let run = 0; run < runs; run += 1) {
      times.bare.push(await seconds(() => bare(recorded)));
      times.own.push(await seconds(() => start(ccip)));
    }
    const [own, without] = [median(times.own), median(times.bare)];
    const transactions = recorded.reduce((sum, { sent }) => sum + sent.length, 0);
    console.log(
      `CCIP ${ccip}: ${own.toFixed(2)} s, bare ${without.toFixed(2)} s, ratio ${(own / without).toFixed(2)} ` +
        `(${CHAINS} chains, ${transactions} transactions, median of ${runs})`,
    );
  }
}

void main();
