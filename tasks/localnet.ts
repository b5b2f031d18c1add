import { scope } from "hardhat/config";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import type { LaneVersions } from "../lib/localnet/versions";

import { define } from "./define";
import { CCIP, JSON_FLAG, PORT, defaulted, flag, optional, positional, required } from "./options";

/** Tasks that run a local network, and break it on purpose. */
const localnet = scope(
  "localnet",
  "A local network of real nodes with the released CCIP contracts.",
);

/** The size of a local network, as it is typed. */
interface NetworkInput {
  readonly ccip: string;
  readonly chains: string;
  readonly port: string | undefined;
}

/** Parses the size of a local network, then compiles what changed. */
export async function networkOf(
  hre: HardhatRuntimeEnvironment,
  { ccip, chains, port }: NetworkInput,
  least: bigint,
): Promise<LaneVersions & { readonly chains: number; readonly port?: number }> {
  const { compileChanged } = await import("../lib/hardhat/compile");
  const { MAX_LOCAL_CHAINS, localChains } = await import("../config/localChains");
  const { parseWhole } = await import("../lib/core/input/decimal");
  const { parsePort } = await import("../lib/localnet/ports");
  const { parseLaneVersions } = await import("../lib/localnet/versions");
  const most = BigInt(MAX_LOCAL_CHAINS);
  const count = Number(parseWhole(chains, { least, most, option: "--chains" }));
  const names = localChains(count).map(({ name }) => name);
  const network = { ...parseLaneVersions(ccip, names), chains: count, port: parsePort(port) };
  await compileChanged(hre);
  return network;
}

define(
  localnet.task(
    "start",
    "Starts a home chain and its satellites, deploys and wires the token, and delivers messages until Ctrl-C.",
  ),
  {
    chains: defaulted("Number of chains, the home included, from 1 to 16.", "3"),
    port: PORT,
    ccip: CCIP,
    unwired: flag("Deploy the contracts and wire nothing."),
    json: flag("Print the network as one JSON document instead of a table."),
  },
  async ({ json, unwired, ...typed }, hre) => {
    const network = await networkOf(hre, typed, 1n);
    const { runLocalnet } = await import("../lib/cli/localnet/start");
    await runLocalnet({ ...network, json, unwired });
  },
);

define(
  localnet.task("advance", "Moves the clocks of all local chains forward to one second."),
  { time: positional("By how much: 90s, 10m, 1h30m or 2d."), json: JSON_FLAG },
  async (typed) => {
    const { advanceClocks } = await import("../lib/cli/localnet/control");
    await advanceClocks(typed);
  },
);

const CURSES = {
  curse: "Has the RMN of a local chain curse another chain, or everything: CCIP then stops there.",
  uncurse: "Takes a curse on a local chain back.",
};

for (const verb of ["curse", "uncurse"] as const) {
  define(
    localnet.task(verb, CURSES[verb]),
    {
      chain: required("Network whose RMN curses, for example local-sat1."),
      remote: optional("Network that it curses, for example local-home; everything unless named."),
      json: JSON_FLAG,
    },
    async (typed) => {
      const { changeCurse } = await import("../lib/cli/localnet/control");
      await changeCurse(verb, typed);
    },
  );
}

/** The lanes that are held. */
const LANES = {
  from: optional("Network where the lane begins, for example local-home; any unless named."),
  to: optional("Network where the lane ends, for example local-sat1; any unless named."),
  json: JSON_FLAG,
};

define(
  localnet.task(
    "hold",
    "Keeps the local DON from delivering on a lane, or on all, until it is released.",
  ),
  { ...LANES, execution: flag("Commit or verify what is sent, and execute nothing.") },
  async (typed) => {
    const { holdLanes } = await import("../lib/cli/localnet/control");
    holdLanes(typed);
  },
);

define(
  localnet.task("release", "Lets the local DON deliver again on a lane, or on all, that was held."),
  LANES,
  async (typed) => {
    const { releaseLanes } = await import("../lib/cli/localnet/control");
    releaseLanes(typed);
  },
);
