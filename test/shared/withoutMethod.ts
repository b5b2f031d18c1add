import { makeError } from "ethers";
import type { Provider } from "ethers";

/** A chain whose endpoint has stopped answering a method, and answers all others. */
export function withoutMethod<C extends { readonly provider: Provider }>(
  chain: C,
  method: keyof Provider,
): C {
  const provider = new Proxy(chain.provider, {
    get(target, key) {
      if (key === method) {
        const error: Error = makeError("connect ECONNREFUSED", "NETWORK_ERROR", { event: "" });
        return () => Promise.reject(error);
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function"
        ? (value as (...args: unknown[]) => unknown).bind(target)
        : value;
    },
  });
  return { ...chain, provider };
}
