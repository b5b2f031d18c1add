import type { Interface } from "ethers";

import { abi, ccipAbi } from "../core/abis";
import type { MeshChain } from "../core/mesh/mesh";
import type { Call } from "./step";

/** ABIs of the contracts of a chain, by their names. */
const ABIS: Readonly<Partial<Record<string, Interface>>> = abi;

/** Describes a call to a contract of a chain: "token.upgradeToAndCall(0x…, 0x)", its data where it is not known. */
export function callText(
  { contracts, ccip }: MeshChain,
  { to, data, value }: Pick<Call, "to" | "data" | "value">,
): string {
  const paid = value > 0n ? ` with ${value} wei` : "";
  const [name] = Object.entries(contracts).find(([, address]) => address === to) ?? [];
  const isRegistry = to === ccip.tokenAdminRegistry;
  const known = isRegistry ? ccipAbi.registry : ABIS[name ?? ""];
  const parsed = known?.parseTransaction({ data });
  const contract = isRegistry ? "registry" : (name ?? to);
  if (!parsed) return `${contract} with data ${data}${paid}`;
  const args = parsed.args.toArray(true).map(valueText).join(", ");
  return `${contract}.${parsed.name}(${args})${paid}`;
}

function valueText(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(valueText).join(", ")}]` : String(value);
}
