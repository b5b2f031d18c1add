import { formatUnits } from "ethers";

import { abi, contractAt } from "../../core/abis";
import type { HomeChain, Mesh } from "../../core/mesh/mesh";
import type { PinnedChain } from "../../rpc/pinned";
import { fact } from "../drift";
import type { Drift } from "../drift";
import type { Step } from "../step";
import { call, change, when } from "../stepBuilders";
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
}

export async function readController(
  { contracts }: HomeChain,
  pinned: PinnedChain,
): Promise<ControllerState> {
  const controller = contractAt.controller(contracts.controller, pinned);
  const [admin, { minGrowthFactor, maxGrowthFactor, minInterval, delay, maxDelay }] =
    await Promise.all([readDefaultAdmin(controller), controller.getConfig()]);
  return { ...admin, config: { minGrowthFactor, maxGrowthFactor, minInterval, delay, maxDelay } };
}

/** Compares the controller's immutable token address. */
export async function controllerDrift(
  { contracts }: HomeChain,
  pinned: PinnedChain,
): Promise<Drift[]> {
  const token = await contractAt.controller(contracts.controller, pinned).getToken();
  return [fact("controller/token", token, contracts.token, "deploy another controller")];
}

/** Returns the step that sets the bounds of a rebase. */
export function controllerStep(
  { home, config: { controller } }: Mesh,
  { admin, config }: ControllerState,
): Step {
  const declared: ControllerConfig = {
    minGrowthFactor: controller.minGrowthFactor,
    maxGrowthFactor: controller.maxGrowthFactor,
    minInterval: BigInt(controller.minInterval),
    delay: BigInt(controller.delay),
    maxDelay: BigInt(controller.maxDelay),
  };
  const fields = Object.keys(declared) as (keyof ControllerConfig)[];
  const different = fields.filter((field) => declared[field] !== config[field]);
  const text = (field: keyof ControllerConfig, value: bigint) =>
    field.endsWith("Factor") ? formatUnits(value, 27) : `${value} s`;
  return {
    id: `${home.name}/controller/config`,
    chain: home.name,
    title: "set the bounds of a rebase",
    changes: different.map((field) =>
      change(field, text(field, config[field]), text(field, declared[field])),
    ),
    status: when(different.length === 0),
    after: [],
    call: call(
      admin,
      "default admin of the controller",
      home.contracts.controller,
      abi.controller.encodeFunctionData("setConfig", [declared]),
    ),
  };
}
