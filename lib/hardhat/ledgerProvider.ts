import type { EIP1193Provider, RequestArguments } from "hardhat/types";
import { z } from "zod";

import { OperatorError } from "../core/errors";
import type { LedgerSigner } from "./ledger";

const quantity = z.string().regex(/^0x[0-9a-fA-F]+$/);

const request = z.object({
  from: z.string(),
  to: z.string().nullish(),
  data: z.string().optional(),
  value: quantity.optional(),
  gas: quantity,
  nonce: quantity.optional(),
  gasPrice: quantity.optional(),
  maxFeePerGas: quantity.optional(),
  maxPriorityFeePerGas: quantity.optional(),
});

/**
 * A network whose only account is on a Ledger: the deploy scripts ask it for its account and hand it
 * transactions, as they do with any other network.
 * @param network fills in nothing: gas and fees are there by the time that a transaction comes here.
 */
export function ledgerProvider(network: EIP1193Provider, signer: LedgerSigner): EIP1193Provider {
  const ask = async (method: string, params: unknown[] = []) =>
    quantity.parse(await network.request({ method, params }));
  const send = async (params: unknown) => {
    const [asked] = z.tuple([request]).parse(params);
    if (asked.from.toLowerCase() !== signer.address.toLowerCase()) {
      throw new OperatorError(
        "MISSING_KEY",
        `The Ledger signs for ${signer.address}, not for ${asked.from}.`,
      );
    }
    const { to, data, value, gas, gasPrice, maxFeePerGas, maxPriorityFeePerGas } = asked;
    const [chainId, nonce] = await Promise.all([
      ask("eth_chainId"),
      asked.nonce ?? ask("eth_getTransactionCount", [signer.address, "pending"]),
    ]);
    const signed = await signer.signTransaction({
      ...(to && { to }),
      data,
      value,
      nonce: Number(nonce),
      gasLimit: gas,
      chainId,
      gasPrice,
      maxFeePerGas,
      maxPriorityFeePerGas,
    });
    return network.request({ method: "eth_sendRawTransaction", params: [signed] });
  };
  const provider: EIP1193Provider = Object.create(network) as EIP1193Provider;
  provider.request = ({ method, params }: RequestArguments) => {
    if (method === "eth_accounts") return Promise.resolve([signer.address.toLowerCase()]);
    if (method === "eth_sendTransaction") return send(params);
    return network.request({ method, params });
  };
  return provider;
}
