import { useState } from "react";
import type { Hex } from "viem";

import { useMesh } from "../data/mesh";
import { useAccountAddress } from "../wallet/wallet";
import { Balances } from "./tokens/Balances";
import { LookUpForm } from "./tokens/LookUpForm";
import { SendForm } from "./tokens/SendForm";
import { WrappedBalances } from "./tokens/WrappedBalances";

/** Shows the tokens of the connected account, and of any account that is looked up. */
export default function MyTokens() {
  const { mesh } = useMesh();
  const account = useAccountAddress();
  const [other, setOther] = useState<Hex>();
  const shown = other ?? account;
  return (
    <>
      <h1 tabIndex={-1}>Tokens</h1>
      {!account && (
        <p className="lead">
          Connect a wallet to see and transfer your own tokens, or look up any address: its balance
          on every chain, and what is on the way to it.
        </p>
      )}
      <LookUpForm shown={other} onChange={setOther} />
      {shown && <Balances key={shown} account={shown} />}
      {shown && mesh.wrapper && (
        <WrappedBalances key={`wrapped ${shown}`} account={shown} symbol={mesh.wrapper.symbol} />
      )}
      {account && !other && <SendForm account={account} />}
    </>
  );
}
