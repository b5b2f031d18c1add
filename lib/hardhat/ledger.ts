import { EventEmitter } from "node:events";

import { BrowserProvider, JsonRpcProvider, VoidSigner, toQuantity } from "ethers";
import type { Provider, TransactionRequest } from "ethers";
import type { EIP1193Provider, RequestArguments } from "hardhat/types";

import { OperatorError } from "../core/errors";
import { parseAddress } from "../core/input/address";

/** The used part of hardhat-ledger's provider, which signs and sends. */
interface LedgerProvider {
  request(args: { method: string; params: unknown[] }): Promise<unknown>;
  /** Closes the connection to the device. */
  close?(): Promise<void>;
}

/** The inner provider of hardhat-ledger's provider, which also emits its events. */
interface Eip1193 extends EventEmitter {
  request(args: { method: string; params?: unknown }): Promise<unknown>;
}

/** Creates the provider that connects to the device. */
export type LedgerFactory = (accounts: string[], inner: Eip1193) => LedgerProvider;

/** The optional package: its drivers are native, so only those who own a device install it. */
const PACKAGE = "@nomicfoundation/hardhat-ledger";
const VERSION = "1.2.2";

/**
 * Returns the signer of an account on a Ledger. Every transaction has to be confirmed on the device.
 * @throws naming the variable when it holds no address.
 */
export function ledgerSigner(address: string, create: LedgerFactory = installed): LedgerSigner {
  return new LedgerSigner(parseAddress(address, { option: "DEPLOYER_LEDGER" }), create);
}

/** Signs transactions with a Ledger. */
class LedgerSigner extends VoidSigner {
  constructor(
    address: string,
    private readonly create: LedgerFactory,
    provider?: Provider | null,
  ) {
    super(address, provider);
  }

  override connect(provider: Provider | null): LedgerSigner {
    return new LedgerSigner(this.address, this.create, provider);
  }

  /** Signs a transaction: hardhat-ledger can only sign and send, so the signed bytes are taken from what it would send. */
  override signTransaction(transaction: TransactionRequest): Promise<string> {
    return inTurn(async () => {
      const { chainId, to } = transaction;
      const inner = Object.assign(new EventEmitter(), {
        request: ({ method, params }: { method: string; params?: unknown }) => {
          if (method === "eth_chainId") return Promise.resolve(toQuantity(chainId ?? 0));
          const [raw] = Array.isArray(params) ? (params as unknown[]) : [];
          if (method === "eth_sendRawTransaction") return Promise.resolve(raw);
          return Promise.reject(new Error(`A Ledger was not expected to ask for ${method}.`));
        },
      });
      const target = typeof to === "string" ? to : "a new contract";
      inner.on("confirmation_start", () =>
        process.stderr.write(`Confirm on the Ledger: chain ${chainId}, to ${target}\n`),
      );
      const device = this.create([this.address], inner);
      try {
        const request = JsonRpcProvider.prototype.getRpcTransaction(transaction);
        const params = [{ ...request, from: this.address }];
        return String(await device.request({ method: "eth_sendTransaction", params }));
      } finally {
        await device.close?.();
      }
    });
  }
}

/** One device signs for all chains, one transaction at a time. */
let turn: Promise<unknown> = Promise.resolve();

function inTurn<T>(action: () => Promise<T>): Promise<T> {
  const result = turn.then(action, action);
  turn = result.catch(() => undefined);
  return result;
}

/**
 * Returns the provider of a network whose only account is on a Ledger: it serves `eth_accounts` and
 * `eth_sendTransaction` for the deploy scripts, and passes everything else on.
 */
export function ledgerProvider(network: EIP1193Provider, signer: LedgerSigner): EIP1193Provider {
  const send = async ([{ gas, ...request }]: [{ from: string; gas: string }]) => {
    if (request.from.toLowerCase() !== signer.address.toLowerCase()) {
      throw new OperatorError(
        "MISSING_KEY",
        `The Ledger signs for ${signer.address}, not for ${request.from}: set DEPLOYER_LEDGER to the account that deploys.`,
      );
    }
    const sender = signer.connect(new BrowserProvider(network));
    return (await sender.sendTransaction({ ...request, gasLimit: gas })).hash;
  };
  const provider: EIP1193Provider = Object.create(network) as EIP1193Provider;
  provider.request = ({ method, params }: RequestArguments) => {
    if (method === "eth_accounts") return Promise.resolve([signer.address.toLowerCase()]);
    if (method === "eth_sendTransaction") return send(params as Parameters<typeof send>[0]);
    return network.request({ method, params });
  };
  return provider;
}

/** The provider of hardhat-ledger; reading `eth` throws until it has found the device. */
interface InstalledProvider extends LedgerProvider {
  readonly eth: { readonly transport: { close(): Promise<void> } };
}

const installed: LedgerFactory = (accounts, inner) => {
  let module: {
    LedgerProvider: new (options: { accounts: string[] }, inner: Eip1193) => InstalledProvider;
  };
  try {
    module = require(`${PACKAGE}/dist/src/provider`) as typeof module;
  } catch (error) {
    throw new OperatorError(
      "INVALID_ENVIRONMENT",
      `DEPLOYER_LEDGER needs the package ${PACKAGE}: run "npm install --no-save ${PACKAGE}@${VERSION}" and "npm rebuild node-hid usb".`,
      { cause: error },
    );
  }
  const provider = new module.LedgerProvider({ accounts }, inner);
  return {
    request: (args) => provider.request(args),
    close: async () => {
      let transport: InstalledProvider["eth"]["transport"];
      try {
        ({ transport } = provider.eth);
      } catch {
        return;
      }
      await transport.close();
    },
  };
};
