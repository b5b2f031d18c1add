import { EventEmitter } from "node:events";

import { AbstractSigner, toQuantity } from "ethers";
import type { Provider, TransactionRequest } from "ethers";

import { OperatorError } from "../core/errors";
import { parseAddress } from "../core/input/address";

/** The part of hardhat-ledger's provider that is used: it signs, and hands on what it has signed. */
interface LedgerProvider {
  request(args: { method: string; params: unknown[] }): Promise<unknown>;
  /** Lets go of the device. */
  close?(): Promise<void>;
}

/** The inner provider of hardhat-ledger's provider, which also emits its events. */
interface Eip1193 extends EventEmitter {
  request(args: { method: string; params?: unknown }): Promise<unknown>;
}

/** Makes the provider that talks to the device. */
export type LedgerFactory = (accounts: string[], inner: Eip1193) => LedgerProvider;

/** The optional package: its drivers are native, so only those who own a device install it. */
const PACKAGE = "@nomicfoundation/hardhat-ledger";
const VERSION = "1.2.2";

/**
 * An account on a Ledger. Every transaction has to be confirmed on the device.
 * @throws naming the variable when it holds no address.
 */
export function ledgerSigner(address: string, create: LedgerFactory = installed): LedgerSigner {
  return new LedgerSigner(parseAddress(address, { option: "DEPLOYER_LEDGER" }), create);
}

/** Signs with a Ledger, and leaves sending to others. */
export class LedgerSigner extends AbstractSigner {
  constructor(
    readonly address: string,
    private readonly create: LedgerFactory,
    provider?: Provider | null,
  ) {
    super(provider ?? null);
  }

  override getAddress(): Promise<string> {
    return Promise.resolve(this.address);
  }

  override connect(provider: Provider | null): LedgerSigner {
    return new LedgerSigner(this.address, this.create, provider);
  }

  /** hardhat-ledger can only sign and send: what it would send is what was signed. */
  override signTransaction(transaction: TransactionRequest): Promise<string> {
    return inTurn(() => this.signNow(transaction));
  }

  private async signNow(transaction: TransactionRequest): Promise<string> {
    const { to, data, value, nonce, gasLimit, chainId } = transaction;
    const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = transaction;
    const inner = Object.assign(new EventEmitter(), {
      request: ({ method, params }: { method: string; params?: unknown }) => {
        if (method === "eth_chainId") return Promise.resolve(toQuantity(chainId ?? 0));
        const [raw] = Array.isArray(params) ? (params as unknown[]) : [];
        if (method === "eth_sendRawTransaction") return Promise.resolve(raw);
        return Promise.reject(new Error(`A Ledger was not expected to ask for ${method}.`));
      },
    });
    inner.on("confirmation_start", () =>
      process.stderr.write(
        `Confirm on the Ledger: chain ${chainId}, to ${typeof to === "string" ? to : "a new contract"}\n`,
      ),
    );
    const device = this.create([this.address], inner);
    const quantity = (amount: typeof value) =>
      amount === undefined || amount === null ? undefined : toQuantity(amount);
    try {
      const signed = await device.request({
        method: "eth_sendTransaction",
        params: [
          {
            from: this.address,
            to: to ?? undefined,
            data: data ?? undefined,
            value: quantity(value),
            nonce: quantity(nonce),
            gas: quantity(gasLimit),
            ...(gasPrice === undefined || gasPrice === null
              ? {
                  maxFeePerGas: quantity(maxFeePerGas),
                  maxPriorityFeePerGas: quantity(maxPriorityFeePerGas),
                }
              : { gasPrice: quantity(gasPrice) }),
          },
        ],
      });
      return String(signed);
    } finally {
      await device.close?.();
    }
  }

  override signMessage(): Promise<string> {
    return Promise.reject(new Error("Messages are not signed with a Ledger here."));
  }

  override signTypedData(): Promise<string> {
    return Promise.reject(new Error("Typed data is not signed with a Ledger here."));
  }
}

/** One device signs for all chains, one transaction at a time. */
let turn: Promise<unknown> = Promise.resolve();

function inTurn<T>(action: () => Promise<T>): Promise<T> {
  const result = turn.then(action, action);
  turn = result.catch(() => undefined);
  return result;
}

/** hardhat-ledger's own provider; `eth` throws until it has found the device. */
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
