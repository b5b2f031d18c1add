import { spawnSync } from "node:child_process";

import type { Page } from "@playwright/test";
import type { CcipVersion } from "ccip-localnet/protocol";
import {
  decodeFunctionResult,
  encodeFunctionData,
  isAddress,
  numberToHex,
  parseAbi,
  parseUnits,
  zeroAddress,
} from "viem";
import type { Abi, Hex } from "viem";

import type { DeploymentsFile } from "core/dashboardFile";
import { HARDHAT, ROOT } from "./network";

/** Accounts of the development mnemonic, by their role on the local network. */
export const ACCOUNTS = {
  deployer: 0,
  issuer: 1,
  operator: 2,
  guardian: 3,
  operations: 4,
  alice: 7,
  poor: 9,
  thirdParty: 10,
  ccipOwner: 18,
} as const;

/** A chain of the mesh, as in the export. */
export type Chain = DeploymentsFile["chains"][number];

/** The local network behind the dashboard, accessed from outside the browser. */
export class World {
  private constructor(
    readonly url: string,
    readonly file: DeploymentsFile,
    private readonly accounts: readonly Hex[],
  ) {}

  static async open(): Promise<World> {
    const url = process.env.DASHBOARD_URL;
    if (!url) throw new Error("DASHBOARD_URL is not set: the network did not start.");
    const file = (await (await fetch(`${url}deployments.json`)).json()) as DeploymentsFile;
    const [home] = file.chains;
    if (!home) throw new Error("The export has no chains.");
    return new World(url, file, (await rpc(home.rpcUrl, "eth_accounts", [])) as Hex[]);
  }

  /** Reads the CCIP version of the lane from home to the first satellite, from its OnRamp. */
  async ccip(): Promise<CcipVersion> {
    const abi = parseAbi(["function typeAndVersion() view returns (string)"]);
    const { router } = this.home.ccip;
    const selector = BigInt(this.chain("local-sat1").selector);
    const onRamp = String(
      await this.read(this.home, router, this.file.abis.ccip.router, "getOnRamp", [selector]),
    );
    const said = String(await this.read(this.home, onRamp, abi, "typeAndVersion"));
    const [, version] = /^OnRamp (1\.6|2\.0)\.\d+$/.exec(said) ?? [];
    if (!version)
      throw new Error(`Home's OnRamp is of a version that nothing is expected of: ${said}.`);
    return version as CcipVersion;
  }

  /** Runs a command on the local network, like another terminal. */
  localnet(...args: readonly string[]): void {
    const { status, stderr } = spawnSync(process.execPath, [HARDHAT, "localnet", ...args], {
      cwd: ROOT,
      env: { ...process.env, TS_NODE_TRANSPILE_ONLY: "1" },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`localnet ${args.join(" ")} failed: ${stderr}`);
  }

  account(name: keyof typeof ACCOUNTS): Hex {
    const account = this.accounts[ACCOUNTS[name]];
    if (!account) throw new Error(`The nodes have no account for ${name}.`);
    return account;
  }

  chain(name: string): Chain {
    const chain = this.file.chains.find((candidate) => candidate.name === name);
    if (!chain) throw new Error(`There is no chain ${name}.`);
    return chain;
  }

  get home(): Chain {
    return this.chain("local-home");
  }

  /** Sends a transaction that the node signs. */
  async send(
    chain: Chain,
    from: Hex,
    to: string,
    abi: unknown,
    functionName: string,
    args: unknown[],
    { value = 0n, gas = 2_000_000n }: { readonly value?: bigint; readonly gas?: bigint } = {},
  ): Promise<void> {
    const data = encodeFunctionData({ abi: abi as Abi, functionName, args });
    const hash = await rpc(chain.rpcUrl, "eth_sendTransaction", [
      { from, to, data, value: numberToHex(value), gas: numberToHex(gas) },
    ]);
    // The node mines immediately, but sometimes after it answers.
    const ask = async () =>
      (await rpc(chain.rpcUrl, "eth_getTransactionReceipt", [hash])) as { status: string } | null;
    let receipt = await ask();
    while (!receipt) receipt = await ask();
    if (receipt.status !== "0x1") throw new Error(`${functionName} reverted on ${chain.name}.`);
  }

  async read(
    chain: Chain,
    to: string,
    abi: unknown,
    functionName: string,
    args: unknown[] = [],
  ): Promise<unknown> {
    const data = encodeFunctionData({ abi: abi as Abi, functionName, args });
    const result = (await rpc(chain.rpcUrl, "eth_call", [{ to, data }, "latest"])) as Hex;
    return decodeFunctionResult({ abi: abi as Abi, functionName, data: result });
  }

  async mint(to: Hex, amount: string): Promise<void> {
    const { token } = this.home.contracts;
    await this.send(
      this.home,
      this.account("issuer"),
      token,
      this.file.abis.own.RebaseToken,
      "mint",
      [to, parseUnits(amount, 18)],
    );
  }

  /** Broadcasts the index to every satellite; excess payment is refunded. */
  async broadcast(): Promise<void> {
    const { broadcaster = "" } = this.home.contracts;
    const satellites = this.file.chains.filter(({ name }) => name !== this.home.name);
    const selectors = satellites.map(({ selector }) => BigInt(selector));
    await this.send(
      this.home,
      this.account("deployer"),
      broadcaster,
      this.file.abis.own.RebaseBroadcaster,
      "broadcast",
      [selectors, zeroAddress, parseUnits("1", 18)],
      { value: parseUnits("1", 18), gas: 6_000_000n },
    );
  }

  /** Sets the native balance of any account on a chain, in wei. */
  async fund(chain: Chain, account: Hex, wei: bigint): Promise<void> {
    await rpc(chain.rpcUrl, "anvil_setBalance", [account, numberToHex(wei)]);
  }

  /** Lets the node sign for an account without a known key, such as a contract. */
  async impersonate(chain: Chain, account: Hex): Promise<void> {
    await rpc(chain.rpcUrl, "anvil_impersonateAccount", [account]);
    await this.fund(chain, account, 10n ** 20n);
  }

  /** Reads the controller's admin: a timelock once the mesh is wired. */
  async controllerAdmin(): Promise<Hex> {
    const { controller = "" } = this.home.contracts;
    return (await this.read(
      this.home,
      controller,
      this.file.abis.own.RebaseController,
      "defaultAdmin",
    )) as Hex;
  }

  /** Schedules a rebase as the operator, without the page. */
  async rebase(growthFactor: bigint): Promise<void> {
    await this.letOperatorRebase();
    const { controller = "" } = this.home.contracts;
    await this.send(
      this.home,
      this.account("operator"),
      controller,
      this.file.abis.own.RebaseController,
      "rebase",
      [growthFactor, (await this.epoch()) + 1],
    );
  }

  /** Reads the time of a chain's newest block, unix seconds. */
  async time(chain = this.home): Promise<number> {
    const block = (await rpc(chain.rpcUrl, "eth_getBlockByNumber", ["latest", false])) as {
      timestamp: string;
    };
    return Number(block.timestamp);
  }

  /** Reads the newest epoch at home. */
  async epoch(): Promise<number> {
    return Number((await this.indexState())[0]);
  }

  /** Mines a block with a timestamp on every chain. */
  async mineAt(timestamp: number): Promise<void> {
    for (const chain of this.file.chains) {
      const { rpcUrl } = chain;
      if ((await this.time(chain)) >= timestamp) continue;
      await rpc(rpcUrl, "evm_setNextBlockTimestamp", [timestamp]);
      await rpc(rpcUrl, "evm_mine", []);
    }
  }

  /** Advances the chains to the time from which the operator may schedule a rebase. */
  async letOperatorRebase(): Promise<void> {
    const { controller = "" } = this.home.contracts;
    const abi = this.file.abis.own.RebaseController;
    const earliest = (await this.read(this.home, controller, abi, "earliestEffectiveAt")) as bigint;
    await this.mineAt(Number(earliest));
  }

  async effectiveAt(): Promise<number> {
    return Number((await this.indexState())[3]);
  }

  private async indexState(): Promise<readonly bigint[]> {
    const { token } = this.home.contracts;
    const abi = this.file.abis.own.RebaseToken;
    return (await this.read(this.home, token, abi, "indexState")) as readonly bigint[];
  }

  /** Curses or uncurses the lane from home to a satellite, at home's end. */
  async curse(satellite: string, verb: "curse" | "uncurse"): Promise<void> {
    const proxy = [
      {
        type: "function",
        name: "getARM",
        inputs: [],
        outputs: [{ type: "address" }],
        stateMutability: "view",
      },
    ];
    const remote = String(await this.read(this.home, this.home.ccip.rmnProxy, proxy, "getARM"));
    const abi = (
      this.file.abis.ccip.rmnRemote as { name?: string; inputs?: { type: string }[] }[]
    ).filter(({ name, inputs }) => name === verb && inputs?.[0]?.type === "bytes16");
    const subject = numberToHex(BigInt(this.chain(satellite).selector), { size: 16 });
    await this.send(this.home, this.account("ccipOwner"), remote, abi, verb, [subject]);
  }

  /**
   * Runs an action while home does not mine automatically; `replace` replaces the newest transaction of an account,
   * as a wallet does to speed up or cancel, and mines the replacement.
   */
  async whileHomeWaits(
    action: (
      replace: (account: Hex, change: "speed up" | "cancel" | "replace") => Promise<void>,
    ) => Promise<void>,
  ): Promise<void> {
    const { rpcUrl } = this.home;
    await rpc(rpcUrl, "evm_setAutomine", [false]);
    try {
      await action(async (account, change) => {
        const pool = (await rpc(rpcUrl, "txpool_content", [])) as {
          pending: Record<string, Record<string, PendingTransaction>>;
        };
        const queue = Object.entries(pool.pending).find(
          ([sender]) => sender.toLowerCase() === account.toLowerCase(),
        )?.[1];
        const pending = Object.values(queue ?? {}).at(-1);
        if (!pending) throw new Error(`Nothing of ${account} is pending.`);
        const { to, input, value, nonce, gas } = pending;
        const dearer = (price: string) => numberToHex((BigInt(price) * 3n) / 2n + 1n);
        await rpc(rpcUrl, "eth_sendTransaction", [
          {
            from: account,
            nonce,
            gas,
            maxFeePerGas: dearer(pending.maxFeePerGas ?? pending.gasPrice),
            maxPriorityFeePerGas: dearer(pending.maxPriorityFeePerGas ?? pending.gasPrice),
            ...(change === "speed up"
              ? { to, input, value }
              : change === "cancel"
                ? { to: account, value: "0x0" }
                : { to: this.account("thirdParty"), value: "0x1" }),
          },
        ]);
        await rpc(rpcUrl, "evm_mine", []);
      });
    } finally {
      await rpc(rpcUrl, "evm_setAutomine", [true]);
      await rpc(rpcUrl, "evm_mine", []);
    }
  }

  /** Opens a page of the dashboard, without a wallet. */
  async visit(page: Page, name: string): Promise<void> {
    await page.goto(`${this.url}#/${name}`);
  }

  /** Injects a wallet into the page's browser; it signs with the node's own keys. */
  async giveWallet(page: Page, account: Hex): Promise<void> {
    await page.addInitScript(injectWallet, {
      account,
      urls: Object.fromEntries(
        this.file.chains.map(({ chainId, rpcUrl }) => [`0x${chainId.toString(16)}`, rpcUrl]),
      ),
    });
  }

  /** Opens a page and connects a named or any other account. */
  async connect(page: Page, who: keyof typeof ACCOUNTS | Hex, view: string): Promise<void> {
    await this.giveWallet(page, isAddress(who) ? who : this.account(who));
    await this.visit(page, view);
    await page.getByRole("button", { name: "Connect wallet" }).click();
    await page.getByRole("button", { name: "Disconnect" }).waitFor();
  }
}

interface PendingTransaction {
  readonly to: Hex;
  readonly input: Hex;
  readonly value: string;
  readonly nonce: string;
  readonly gas: string;
  readonly gasPrice: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
}

/** Changes the behaviour of the page's wallet. */
export async function tellWallet(
  page: Page,
  behaviour: {
    readonly rejects?: boolean;
    readonly hesitates?: boolean;
    readonly staysWhereItIs?: boolean;
    readonly proposes?: boolean;
  },
): Promise<void> {
  await page.evaluate((change) => {
    Object.assign((window as unknown as { ethereum: object }).ethereum, change);
  }, behaviour);
}

/** Sends one JSON-RPC call. */
export async function rpc(url: string, method: string, params: unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as {
    result?: unknown;
    error?: { message: string };
  };
  if (error) throw new Error(`${method}: ${error.message}`);
  return result;
}

/** Runs in the page: an EIP-1193 provider that starts on a network outside the mesh. */
function injectWallet({ account, urls }: { account: string; urls: Record<string, string> }): void {
  let chainId = "0x1";
  const listeners = new Map<string, ((value: unknown) => void)[]>();
  const refuse = (code: number, message: string) => Object.assign(new Error(message), { code });
  const wallet = {
    rejects: false,
    /** Holds transactions back while set, like a user who reads before signing. */
    hesitates: false,
    /** Rejects every change of network, as wallets do that do not know a chain. */
    staysWhereItIs: false,
    /** Returns a hash of its own and sends nothing, as a Safe does until its owners have signed. */
    proposes: false,
    on: (event: string, listener: (value: unknown) => void) => {
      listeners.set(event, [...(listeners.get(event) ?? []), listener]);
    },
    removeListener: () => undefined,
    async request({
      method,
      params = [],
    }: {
      method: string;
      params?: unknown[];
    }): Promise<unknown> {
      switch (method) {
        case "eth_requestAccounts":
        case "eth_accounts":
          return [account];
        case "eth_chainId":
          return chainId;
        case "wallet_requestPermissions":
        case "wallet_revokePermissions":
          return [];
        case "wallet_addEthereumChain":
          if (wallet.staysWhereItIs) throw refuse(-32602, "This wallet adds no chain.");
          return null;
        case "wallet_switchEthereumChain": {
          const wanted = (params[0] as { chainId: string }).chainId;
          if (!urls[wanted] || wallet.staysWhereItIs) throw refuse(4902, "Unrecognized chain");
          chainId = wanted;
          listeners.get("chainChanged")?.forEach((listener) => listener(chainId));
          return null;
        }
        case "eth_sendTransaction":
          if (wallet.rejects) throw refuse(4001, "User rejected the request.");
          if (wallet.proposes) return `0x${"5a".repeat(32)}`;
          while (wallet.hesitates) await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const url = urls[chainId];
      if (!url) throw refuse(-32603, "The wallet's network does not answer.");
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
      const answer = (await response.json()) as {
        result?: unknown;
        error?: { message: string; code: number };
      };
      if (answer.error) throw refuse(answer.error.code, answer.error.message);
      return answer.result;
    },
  };
  Object.assign(window, { ethereum: wallet });
}
