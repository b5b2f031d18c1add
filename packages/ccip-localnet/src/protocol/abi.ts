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
  contract: CalledContract,
  name: string,
  args: readonly unknown[],
  schema: S,
): Promise<z.output<S>> {
  const { outputs, values } = await readOutputs(provider, contract, name, args);
  const [output] = outputs;
  if (!output)
    throw new Error(`The function ${name} of the ABI returns nothing: check the release.`);
  return schema.parse(plainValue(output, values[0]));
}

/** Calls a view function and checks its return values, by their names, against `schema`. */
export async function readAll<S extends z.ZodType>(
  provider: Pick<Provider, "call">,
  contract: CalledContract,
  name: string,
  args: readonly unknown[],
  schema: S,
): Promise<z.output<S>> {
  const { outputs, values } = await readOutputs(provider, contract, name, args);
  return schema.parse(toPlain(outputs, values));
}

interface CalledContract {
  readonly address: string;
  readonly interface: Interface;
}

async function readOutputs(
  provider: Pick<Provider, "call">,
  contract: CalledContract,
  name: string,
  args: readonly unknown[],
): Promise<{ outputs: readonly ParamType[]; values: unknown[] }> {
  const fragment = contract.interface.getFunction(name);
  if (!fragment) throw new Error(`The ABI has no function ${name}: check the release.`);
  const data = await provider.call({
    to: contract.address,
    data: contract.interface.encodeFunctionData(fragment, args),
  });
  const values = contract.interface.decodeFunctionResult(fragment, data).toArray() as unknown[];
  return { outputs: fragment.outputs, values };
}
