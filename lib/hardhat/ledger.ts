import { AbstractSigner, getAddress, isAddress, toQuantity } from "ethers";
import type { Provider, TransactionRequest } from "ethers";

/** The part of hardhat-ledger's provider that is used: it signs, and hands on what it has signed. */
interface LedgerProvider {
  request(args: { method: string; params: unknown[] }): Promise<unknown>;
}

/** What hardhat-ledger's provider hands on to. */
interface Eip1193 {
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
  if (!isAddress(address)) {
    throw new Error(`DEPLOYER_LEDGER is no address: write the account that the device shows.`);
  }
  return new LedgerSigner(getAddress(address), create);
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
  override async signTransaction(transaction: TransactionRequest): Promise<string> {
    const { to, data, value, nonce, gasLimit, chainId } = transaction;
    const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = transaction;
    const device = this.create([this.address], {
      request: ({ method, params }) => {
        if (method === "eth_chainId") return Promise.resolve(toQuantity(chainId ?? 0));
        const [raw] = Array.isArray(params) ? (params as unknown[]) : [];
        if (method === "eth_sendRawTransaction") return Promise.resolve(raw);
        return Promise.reject(new Error(`A Ledger was not expected to ask for ${method}.`));
      },
    });
    const quantity = (amount: typeof value) =>
      amount === undefined || amount === null ? undefined : toQuantity(amount);
    const signed = await device.request({
      method: "eth_sendTransaction",
      params: [
        {
          from: this.address,
          to,
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
  }

  override signMessage(): Promise<string> {
    return Promise.reject(new Error("Messages are not signed with a Ledger here."));
  }

  override signTypedData(): Promise<string> {
    return Promise.reject(new Error("Typed data is not signed with a Ledger here."));
  }
}

const installed: LedgerFactory = (accounts, inner) => {
  let module: {
    LedgerProvider: new (options: { accounts: string[] }, inner: Eip1193) => LedgerProvider;
  };
  try {
    module = require(`${PACKAGE}/dist/src/provider`) as typeof module;
  } catch (error) {
    throw new Error(
      `DEPLOYER_LEDGER needs the package ${PACKAGE}: run "npm install --no-save ${PACKAGE}@${VERSION}" and "npm rebuild node-hid usb".`,
      { cause: error },
    );
  }
  return new module.LedgerProvider({ accounts }, inner);
};
