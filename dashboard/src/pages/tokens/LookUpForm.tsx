import { useState } from "react";
import type { Hex } from "viem";

import { parseAddress } from "core/input/address";
import { typed } from "core/input/error";

import { hex } from "../../deployments";
import { mistakeInForm } from "../../model/form";
import { Hash, Notice } from "../../ui/kit";
import { useAccountAddress } from "../../wallet/wallet";

/** Field for the address whose tokens are shown instead of the connected account's. */
export function LookUpForm({
  shown,
  onChange,
}: {
  shown: Hex | undefined;
  onChange: (account: Hex | undefined) => void;
}) {
  const account = useAccountAddress();
  const [text, setText] = useState("");
  const { value, mistake } = typed(() => parseAddress(text));
  const problem = mistakeInForm(mistake);
  return (
    <form
      className="form look-up"
      onSubmit={(event) => {
        event.preventDefault();
        if (value) onChange(hex(value));
      }}
    >
      <label className="wide">
        Look up an address
        <span className="field">
          <input
            autoComplete="off"
            spellCheck={false}
            placeholder="0x…"
            value={text}
            aria-describedby="look-up-help"
            aria-invalid={problem !== undefined}
            onChange={(event) => setText(event.target.value)}
          />
          <button type="submit" className="quiet" disabled={!value}>
            Look up
          </button>
        </span>
      </label>
      <div id="look-up-help" className="help">
        {problem && <Notice tone="bad">{problem}</Notice>}
        {shown && (
          <p>
            Tokens of <Hash value={shown} what="address" />{" "}
            <button
              type="button"
              className="quiet small"
              onClick={() => {
                setText("");
                onChange(undefined);
              }}
            >
              {account ? "Back to my account" : "Close"}
            </button>
          </p>
        )}
      </div>
    </form>
  );
}
