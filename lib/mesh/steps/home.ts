import { ZeroAddress, formatEther, formatUnits } from "ethers";

import { feeSymbol, nativeSymbol } from "../../core/chains";
import { withFeeMargin } from "../../core/feeMargin";
import { abi } from "../../core/abis";
import type { Mesh, SatelliteChain } from "../../core/mesh/mesh";
import type { ControllerConfig, HomeState, SatelliteState } from "../state";
import type { Step, StepStatus } from "../step";

import { DONE, TO_DO, call, chainText, change, when, who } from "./stepBuilders";
import { broadcasterRouterStep } from "./routers";

const ADMIN = "default admin of the broadcaster";

/** What the home decides by, and whom it tells. */
export function homeSteps(mesh: Mesh, now: HomeState): Step[] {
  return [
    controllerStep(mesh, now),
    broadcasterRouterStep(mesh.home, now),
    ...(["native", "link"] as const).map((token) => treasuryBudgetStep(mesh, token, now)),
    ...mesh.satellites.map((satellite) => destinationStep(mesh, satellite, now)),
    ...now.broadcaster.thirdParties.map((selector): Step => {
      const name = chainText(mesh, selector);
      return {
        id: `${mesh.home.name}/broadcaster/stranger ${selector}`,
        chain: mesh.home.name,
        title: `stop broadcasting to ${name}, which is not in the mesh`,
        changes: [change(`broadcasts to ${name}`, "yes", "no")],
        status: TO_DO,
        after: [],
        call: call(
          now.broadcaster.admin,
          ADMIN,
          mesh.home.contracts.broadcaster,
          abi.broadcaster.encodeFunctionData("removeDestination", [selector]),
        ),
      };
    }),
  ];
}

/** Gas that the mesh declares for `ccipReceive` on a satellite. */
export function gasLimitOf({ config }: Pick<Mesh, "config">, network: string): bigint {
  return BigInt(config.chains?.[network]?.gasLimit ?? config.broadcaster.gasLimit);
}

function controllerStep({ home, config }: Mesh, now: HomeState): Step {
  const { controller } = config;
  const declared: ControllerConfig = {
    minGrowthFactor: controller.minGrowthFactor,
    maxGrowthFactor: controller.maxGrowthFactor,
    minInterval: BigInt(controller.minInterval),
    delay: BigInt(controller.delay),
    maxDelay: BigInt(controller.maxDelay),
  };
  const fields = Object.keys(declared) as (keyof ControllerConfig)[];
  const different = fields.filter((field) => declared[field] !== now.controller.config[field]);
  const text = (field: keyof ControllerConfig, value: bigint) =>
    field.endsWith("Factor") ? formatUnits(value, 27) : `${value} s`;
  return {
    id: `${home.name}/controller/config`,
    chain: home.name,
    title: "set the bounds of a rebase",
    changes: different.map((field) =>
      change(field, text(field, now.controller.config[field]), text(field, declared[field])),
    ),
    status: when(different.length === 0),
    after: [],
    call: call(
      now.controller.admin,
      "default admin of the controller",
      home.contracts.controller,
      abi.controller.encodeFunctionData("setConfig", [declared]),
    ),
  };
}

function treasuryBudgetStep(
  { home, config }: Mesh,
  token: "native" | "link",
  now: HomeState,
): Step {
  const perDay = config.broadcaster.treasuryBudgetPerDay[token];
  const before = now.broadcaster.treasuryBudgetPerDay[token];
  const unit = feeSymbol(home.name, token);
  const text = (amount: bigint) => `${formatEther(amount).replace(/\.0$/, "")} ${unit}`;
  return {
    id: `${home.name}/broadcaster/treasury budget ${token === "link" ? "LINK" : token}`,
    chain: home.name,
    title: `let the treasury's spender spend at most ${text(perDay)} a day`,
    changes: before === perDay ? [] : [change("a day", text(before), text(perDay))],
    status: when(before === perDay),
    after: [],
    call: call(
      now.broadcaster.admin,
      ADMIN,
      home.contracts.broadcaster,
      abi.broadcaster.encodeFunctionData("setTreasuryBudget", [
        token === "link" ? home.ccip.link : ZeroAddress,
        perDay,
      ]),
    ),
  };
}

function destinationStep(mesh: Mesh, satellite: SatelliteChain, now: HomeState): Step {
  const known = now.broadcaster.destinations.get(satellite.selector);
  const { receiver } = satellite.contracts;
  const gasLimit = gasLimitOf(mesh, satellite.name);
  return {
    id: `${mesh.home.name}/broadcaster/destination ${satellite.name}`,
    chain: mesh.home.name,
    title: `broadcast to ${satellite.name} with ${gasLimit} gas`,
    changes: [
      change("receiver", who(known?.receiver), receiver),
      change("gas limit", String(known?.gasLimit ?? 0n), String(gasLimit)),
    ].filter(({ before, after }) => before !== after),
    status: when(known?.receiver === receiver && known.gasLimit === gasLimit),
    after: [],
    call: call(
      now.broadcaster.admin,
      ADMIN,
      mesh.home.contracts.broadcaster,
      abi.broadcaster.encodeFunctionData("setDestination", [
        satellite.selector,
        receiver,
        gasLimit,
      ]),
    ),
  };
}

/** The first broadcast brings a satellite its index; it takes a commit and an execution to arrive. */
export function genesisStep(
  mesh: Mesh,
  chain: SatelliteChain,
  home: HomeState,
  now: SatelliteState,
): Step {
  const fee = home.broadcaster.fees.get(chain.selector);
  const maxFee = withFeeMargin(fee ?? 0n);
  return {
    id: `${mesh.home.name}/broadcaster/genesis ${chain.name}`,
    chain: mesh.home.name,
    title: `send ${chain.name} its first index`,
    changes: [
      change(
        `epoch of ${chain.name}`,
        "0",
        `${home.token.epoch}${fee === undefined ? "" : ` (fee ${formatEther(fee)} ${nativeSymbol(mesh.home.name)})`}`,
      ),
    ],
    status: genesisStatus(mesh, chain, home, now),
    after: [
      `${mesh.home.name}/broadcaster/router`,
      `${mesh.home.name}/broadcaster/destination ${chain.name}`,
      `${chain.name}/receiver/router`,
      `${chain.name}/receiver/source`,
      `${chain.name}/token/REBASER_ROLE`,
      // A receiver that CCIP would pass over has to be mended first, or the fee is paid for nothing.
      ...now.drift.map(({ id }) => `${chain.name}/${id}`).filter((id) => id.includes("/receiver/")),
    ],
    call: call(
      mesh.operator,
      "anyone who pays the fee",
      mesh.home.contracts.broadcaster,
      abi.broadcaster.encodeFunctionData("broadcast", [[chain.selector], ZeroAddress, maxFee]),
      maxFee,
    ),
  };
}

function genesisStatus(
  mesh: Mesh,
  chain: SatelliteChain,
  home: HomeState,
  now: SatelliteState,
): StepStatus {
  if (now.token.epoch > 0n) return DONE;
  const { destinations, fees } = home.broadcaster;
  const destination = destinations.get(chain.selector);
  const sent = now.firstBroadcast;
  if (sent?.state === "failure") {
    const { messageId, reason = "" } = sent;
    return {
      kind: "waiting",
      cause: "repair",
      reason: `people: the first broadcast failed on ${chain.name}, and npx hardhat message doctor ${messageId} --mesh ${mesh.config.name} says what repairs it (${reason})`,
    };
  }
  // CCIP passes over a receiver that does not listen, and calls it a success: then it has to be sent again.
  if ((destination?.lastEpoch ?? 0n) > 0n && sent?.state !== "success") {
    return { kind: "waiting", reason: `CCIP to execute the first broadcast on ${chain.name}` };
  }
  if (destination && !fees.has(chain.selector)) {
    return {
      kind: "waiting",
      reason: `CCIP to quote a fee from ${mesh.home.name} to ${chain.name}: the lane is down`,
    };
  }
  return TO_DO;
}
