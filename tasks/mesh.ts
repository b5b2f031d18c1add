import { scope } from "hardhat/config";

import { define, isPartial, onMesh } from "./define";
import {
  DESTRUCTIVE,
  FULL,
  ONLY,
  YES,
  defaulted,
  flag,
  optional,
  optionalPositional,
  required,
} from "./options";

/** Tasks that declare, plan, wire and check a mesh. */
const mesh = scope("mesh", "What should be, what is, and what makes the one into the other.");

define(
  mesh.task("init", "Writes a mesh file into config/meshes, with values to be looked over."),
  {
    name: required("What the mesh, and its file, shall be called, for example my-dollar."),
    home: required("Network name of the chain where the token is issued: ethereum-sepolia."),
    satellites: required(
      "Network names of the others, separated by commas: base-sepolia,op-sepolia.",
    ),
    tokenName: required('Name of the token, for example "My Dollar".'),
    symbol: required("Its symbol, for example MYD."),
  },
  async (typed) => {
    const { initMesh } = await import("../lib/cli/mesh/init");
    return initMesh(typed);
  },
);

onMesh(
  mesh.task("plan", "Prints what would have to be done, with before and after. Sends nothing."),
  {
    out: optional("File to write the plan to, for `mesh apply <file>`."),
    full: FULL,
    only: ONLY,
    allowDestructive: DESTRUCTIVE,
  },
  async (typed, open) => {
    const { parsePart } = await import("../lib/mesh/selection");
    const { showPlan } = await import("../lib/cli/mesh/plan");
    const only = parsePart(typed.only);
    return open((session) => showPlan(session, { ...typed, only }));
  },
);

onMesh(
  mesh.task(
    "apply",
    "Sends what is missing and ends when nothing is to do. Exits 2 if steps wait.",
  ),
  {
    file: optionalPositional("A plan from `mesh plan --out`; refused if it is out of date."),
    yes: YES,
    wait: flag("Wait for delays and for CCIP instead of ending; local networks always wait."),
    full: FULL,
    only: ONLY,
    allowDestructive: DESTRUCTIVE,
  },
  async (typed, open) => {
    const { applyPlan } = await import("../lib/cli/mesh/apply");
    const { parsePart } = await import("../lib/mesh/selection");
    const only = parsePart(typed.only);
    return open((session, confirm) => applyPlan(session, { ...typed, only, confirm }), {
      drift: (result) => result.open.length > 0,
    });
  },
);

onMesh(
  mesh.task(
    "check",
    "Names every difference from the mesh file. Exits 0 if there is none, 2 on drift, 1 on error.",
  ),
  {},
  async (typed, open) => {
    const { checkMesh } = await import("../lib/cli/mesh/check");
    return open((session) => checkMesh(session, typed), {
      partly: true,
      drift: ({ differences }) => differences.length > 0,
      failed: isPartial,
    });
  },
);

onMesh(
  mesh.task(
    "show",
    "Prints contracts, administrators, lanes with their limits, and roles as they are.",
  ),
  {},
  async (typed, open) => {
    const { showMesh } = await import("../lib/cli/mesh/show");
    return open((session) => showMesh(session, typed), { partly: true, failed: isPartial });
  },
);

onMesh(
  mesh.task(
    "export",
    "Writes what is to be signed elsewhere: a file for each phase, chain and owner. Exits 2 if steps are left out.",
  ),
  {
    out: defaulted("Folder to write to, for example safe.", "safe"),
    safe: flag("In the format of Safe's Transaction Builder, the only one so far."),
    only: ONLY,
    allowDestructive: DESTRUCTIVE,
  },
  async (typed, open) => {
    const { parsePart } = await import("../lib/mesh/selection");
    const { exportMesh } = await import("../lib/cli/mesh/plan");
    const only = parsePart(typed.only);
    return open((session) => exportMesh(session, { ...typed, only }), {
      drift: ({ leftOut }) => leftOut.length > 0,
    });
  },
);

onMesh(
  mesh.task(
    "rehearse",
    "Runs the plan on forks of the chains, then mesh check and supply audit there, and prints what would differ. Sends nothing to the chains. Exits 2 if something would.",
  ),
  { only: ONLY, full: FULL, allowDestructive: DESTRUCTIVE },
  async (typed, open) => {
    const { urlsOf } = await import("../lib/hardhat/networkConfig");
    const { parsePart } = await import("../lib/mesh/selection");
    const { rehearsePlan } = await import("../lib/cli/mesh/rehearse");
    const { isSound } = await import("../lib/rehearsal/rehearse");
    const only = parsePart(typed.only);
    return open(
      (session) => rehearsePlan(session, { ...typed, only, urls: urlsOf(session.mesh.config) }),
      { drift: (rehearsal) => !isSound(rehearsal) },
    );
  },
);
