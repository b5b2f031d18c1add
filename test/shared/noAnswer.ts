import { makeError } from "ethers";
import type { Provider, Signer } from "ethers";

import { CrashingSigner } from "./meshFixture";

/** A signer whose endpoint stops answering after a number of transactions. */
export function silencedAfter(signer: Signer, sends: number): Signer {
  const { provider } = signer;
  if (!provider) throw new Error("The signer has no provider.");
  return new CrashingSigner(signer.connect(silencing(provider, sends)), { sends: Infinity });
}

function silencing(provider: Provider, sends: number): Provider {
  let left = sends;
  return new Proxy(provider, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]): Promise<unknown> => {
        if (left <= 0)
          throw makeError("no answer", "TIMEOUT", { operation: String(key), reason: "timeout" });
        const result: unknown = await (value as (...given: unknown[]) => unknown).apply(
          target,
          args,
        );
        if (key === "broadcastTransaction") left -= 1;
        return result;
      };
    },
  });
}
