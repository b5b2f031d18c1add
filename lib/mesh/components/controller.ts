import { formatUnits } from "ethers";

import { abi, contractAt } from "../../core/abis";
import type { HomeChain, Mesh, SatelliteChain } from "../../core/mesh/mesh";
import type { PinnedChain } from "../../rpc/pinned";
import type { Step } from "../step";
import { call, change, stepOn } from "../stepBuilders";
import { bandAhead } from "./circuitBreaker";
import type { CircuitBreaker } from "./circuitBreaker";
import { readDefaultAdmin } from "./defaultAdmin";
import type { DefaultAdminState } from "./defaultAdmin";

/** The bounds of a rebase: factors in 1e27, times in seconds. */
export interface ControllerConfig {
  readonly minGrowthFactor: bigint;
  readonly maxGrowthFactor: bigint;
  readonly minInterval: bigint;
  readonly delay: bigint;
  readonly maxDelay: bigint;
}

export interface ControllerState extends DefaultAdminState {
  readonly config: ControllerConfig;
  /** The notifier that it calls after a rebase; zero for none. */
  readonly notifier: string;
}

export async function readController(
  { contracts }: HomeChain,
  pinned: PinnedChain,
): Promise<ControllerState> {
  const controller = contractAt.controller(contracts.controller, pinned);
  const [admin, { minGrowthFactor, maxGrowthFactor, minInterval, delay, maxDelay }, notifier] =
    await Promise.all([
      readDefaultAdmin(controller),
      controller.getConfig(),
      controller.getNotifier(),
    ]);
  const config = { minGrowthFactor, maxGrowthFactor, minInterval, delay, maxDelay };
  return { ...admin, config, notifier };
}

/** A satellite that was read. */
interface Banded {
  readonly chain: SatelliteChain;
  readonly now: { readonly receiver: { readonly circuitBreaker: CircuitBreaker } };
}

/** Returns the step that sets the bounds of a rebase; a satellite's band comes after it only where it is narrowed. */
export function controllerStep(
  mesh: Mesh,
  { admin, config }: ControllerState,
  satellites: readonly Banded[],
): Step {
  const { home } = mesh;
  const { controller } = mesh.config;
  const text = (field: string, value: bigint | number) =>
    field.endsWith("Factor") ? formatUnits(value, 27) : `${value} s`;
  const data = abi.controller.encodeFunctionData("setConfig", [controller]);
  const fields = Object.keys(config) as (keyof ControllerConfig)[];
  return stepOn(home, "controller/config", {
    title: "set the bounds of a rebase",
    changes: fields.map((field) =>
      change(field, text(field, config[field]), text(field, controller[field])),
    ),
    after: satellites.flatMap(({ chain, now }) =>
      bandAhead(mesh, chain, now.receiver.circuitBreaker, config),
    ),
    call: call(admin, "default admin of the controller", home.contracts.controller, data),
  });
}
