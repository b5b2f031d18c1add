import { AbiCoder, Result } from "ethers";
import type { Interface, ParamType, Provider } from "ethers";
import type { z } from "zod";

/** Encodes and decodes ABI values without a contract. */
export const abiCoder = AbiCoder.defaultAbiCoder();

/**
 * Decoded ABI values as plain objects and arrays, named by the ABI. (`Result.toObject(true)` turns
 * an empty array into an empty object.)
 */
export function toPlain(
  params: readonly ParamType[],
  values: readonly unknown[],
): Record<string, unknown> {
  return Object.fromEntries(params.map((param, i) => [param.name, plainValue(param, values[i])]));
}

function plainValue(param: ParamType, value: unknown): unknown {
  if (!(value instanceof Result)) return value;
  const items: unknown[] = value.toArray();
  if (param.arrayChildren) {
    const child = param.arrayChildren;
    return items.map((item) => plainValue(child, item));
  }
  return toPlain(param.components ?? [], items);
}

/** The topic of an event; throws when the ABI lacks it. */
export function topicOf(contract: Interface, event: string): string {
  const fragment = contract.getEvent(event);
  if (!fragment) throw new Error(`The ABI has no event ${event}: check the release it comes from.`);
  return fragment.topicHash;
}

/** The arguments of a log of the given event, checked against `schema`. */
export function decodeEvent<S extends z.ZodType>(
  contract: Interface,
  event: string,
  log: { readonly topics: readonly string[]; readonly data: string },
  schema: S,
): z.output<S> {
  const fragment = contract.getEvent(event);
  if (!fragment) throw new Error(`The ABI has no event ${event}: check the release it comes from.`);
  const values = contract.decodeEventLog(fragment, log.data, log.topics);
  return schema.parse(toPlain(fragment.inputs, values));
}

/** Calls a view function and checks its only return value against `schema`. */
export async function readOne<S extends z.ZodType>(
  provider: Pick<Provider, "call">,
  contract: { readonly address: string; readonly interface: Interface },
  name: string,
  args: readonly unknown[],
  schema: S,
): Promise<z.output<S>> {
  const fragment = contract.interface.getFunction(name);
  const output = fragment?.outputs[0];
  if (!fragment || !output) {
    throw new Error(`The ABI has no function ${name} with a return value: check the release.`);
  }
  const data = await provider.call({
    to: contract.address,
    data: contract.interface.encodeFunctionData(fragment, args),
  });
  const [value] = contract.interface.decodeFunctionResult(fragment, data).toArray() as unknown[];
  return schema.parse(plainValue(output, value));
}
