import type { DeployedChain } from "../deployments";
import { chainLabel } from "./words";

/** True if an address has code on a chain; undefined when that could not be read. */
export type HasCode = boolean | undefined;

/** Returns whether code belongs to a contract; an account that delegates to code has a key, which signs on every chain. */
export function isContract(code: string | undefined): boolean {
  return code !== undefined && code !== "0x" && !code.toLowerCase().startsWith("0xef0100");
}

/** Describes why tokens sent to an address would be lost; undefined when no reason is known. */
export function lostAt(receiver: string, destination: DeployedChain): string | undefined {
  const { contracts, previousPools, ccip } = destination;
  const known = [
    ...Object.entries(contracts),
    ...previousPools.map((pool) => ["previous pool", pool] as const),
    ...Object.entries(ccip).flatMap(([name, addresses]) =>
      [addresses].flat().map((address) => [`CCIP ${name.replace(/s$/, "")}`, address] as const),
    ),
  ];
  const hit = known.find(([, address]) => address?.toLowerCase() === receiver.toLowerCase());
  return hit
    ? `The receiver is the ${hit[0]} of ${chainLabel(destination.name)}: tokens that arrive there belong to nobody. Give another one.`
    : undefined;
}

/** Returns the warning about a receiver whose code was read on both chains. */
export function receiverWarning(
  code: { readonly here: HasCode; readonly there: HasCode },
  { source, destination }: { readonly source: DeployedChain; readonly destination: DeployedChain },
): string | undefined {
  const [from, to] = [chainLabel(source.name), chainLabel(destination.name)];
  const unread = [
    ...(code.here === undefined ? [from] : []),
    ...(code.there === undefined ? [to] : []),
  ];
  if (unread.length > 0) {
    return `Could not check whether the receiver is a contract on ${unread.join(" and ")}: a Safe of one chain may not exist on another.`;
  }
  return code.here && !code.there
    ? `The receiver is a contract on ${from}, for example a Safe, and there is none at this address on ${to}: whoever controls it here may not control it there. Give another receiver unless you are sure.`
    : undefined;
}
