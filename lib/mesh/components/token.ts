import { abi, contractAt } from "../../core/abis";
import type { MeshChain } from "../../core/mesh/mesh";
import type { PinnedChain } from "../../rpc/pinned";
import type { Step } from "../step";
import { TO_DO, call, change, stepOn } from "../stepBuilders";
import { readDefaultAdmin } from "./defaultAdmin";
import type { DefaultAdminState } from "./defaultAdmin";
import type { TokenUpgrade } from "./implementation";

/** The token of a chain, without its roles. */
export interface TokenState extends DefaultAdminState {
  readonly epoch: bigint;
  /** In shares per token unit; `next` applies from `effectiveAt` (unix seconds); zeros until the first sync. */
  readonly index: {
    readonly current: bigint;
    readonly next: bigint;
    readonly effectiveAt: bigint;
  };
  readonly paused: boolean;
}

export async function readToken(
  { contracts }: MeshChain,
  pinned: PinnedChain,
): Promise<TokenState> {
  const token = contractAt.token(contracts.token, pinned);
  const [admin, { epoch_: epoch, current, next, effectiveAt }, paused] = await Promise.all([
    readDefaultAdmin(token),
    token.indexState(),
    token.paused(),
  ]);
  return { ...admin, epoch, index: { current, next, effectiveAt }, paused };
}

/** Returns the step that upgrades the token to the newest recorded implementation; none when it runs that one. */
export function upgradeSteps(
  chain: MeshChain,
  { upgrade, token }: { readonly upgrade?: TokenUpgrade; readonly token: DefaultAdminState },
): Step[] {
  if (!upgrade) return [];
  const { running, implementation, migration, problems } = upgrade;
  const data = abi.token.encodeFunctionData("upgradeToAndCall", [implementation, migration]);
  const refused = `another implementation, for this one is refused: ${problems.join("; ")}`;
  return [
    stepOn(chain, "token/upgrade", {
      title: `upgrade the token to the implementation ${implementation}`,
      changes: [
        change("implementation", running, implementation),
        change("called with", "nothing", migration === "0x" ? "nothing" : migration),
      ],
      status: problems.length === 0 ? TO_DO : { kind: "waiting", cause: "drift", reason: refused },
      call: call(token.admin, "default admin of the token", chain.contracts.token, data),
    }),
  ];
}
