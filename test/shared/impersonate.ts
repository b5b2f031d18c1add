import { VoidSigner, parseEther, toQuantity } from "ethers";
import type { Signer, TransactionRequest, TransactionResponse } from "ethers";
import { TRANSACTION_GAS } from "ccip-localnet";
import type { RpcProvider } from "ccip-localnet/protocol";

/**
 * A signer for an account without a key, such as a timelock: what it would do after its delay. Both
 * anvil and Hardhat's own chain know the method.
 */
export async function impersonate(provider: RpcProvider, address: string): Promise<Signer> {
  await provider.send("hardhat_impersonateAccount", [address]);
  await provider.send("hardhat_setBalance", [address, toQuantity(parseEther("100"))]);
  return new ImpersonatedSigner(address, provider);
}

class ImpersonatedSigner extends VoidSigner {
  constructor(
    address: string,
    private readonly rpc: RpcProvider,
  ) {
    super(address, rpc);
  }

  override async sendTransaction({
    to,
    data,
    value,
  }: TransactionRequest): Promise<TransactionResponse> {
    const request = { from: this.address, to, data, value: toQuantity(value ?? 0) };
    // A node says why a transaction reverts only when it is asked beforehand.
    await this.rpc.call(request);
    const gas = toQuantity(TRANSACTION_GAS);
    const hash = String(await this.rpc.send("eth_sendTransaction", [{ ...request, gas }]));
    const response = await this.rpc.getTransaction(hash);
    if (!response)
      throw new Error(`Transaction ${hash} of ${this.address} is unknown to its node.`);
    return response;
  }
}
