import { useAccountAddress } from "../wallet/wallet";
import { Balances } from "./tokens/Balances";
import { SendForm } from "./tokens/SendForm";

/** What the connected account owns, where, and moving it. */
export default function MyTokens() {
  const account = useAccountAddress();
  return (
    <>
      <h1 tabIndex={-1}>My tokens</h1>
      {account ? (
        <>
          <Balances account={account} />
          <SendForm account={account} />
        </>
      ) : (
        <p className="lead">
          Connect a wallet to see what you own on every chain, what a rebase makes of it, and to
          move it.
        </p>
      )}
    </>
  );
}
