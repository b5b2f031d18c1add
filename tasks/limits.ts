import { scope } from "hardhat/config";

import { isPartial, onMesh } from "./define";
import { DESTRUCTIVE, YES, flag, optional, required } from "./options";

/** Tasks about the rate limits of a mesh's lanes. */
const limits = scope("limits", "How many tokens may leave and arrive on each lane.");

onMesh(
  limits.task(
    "show",
    "Prints both limits of every lane, declared and actual, and how full they are. Exits 2 if one is not as declared, 1 if a chain was not read.",
  ),
  {},
  async (typed, open) => {
    const { showLimits } = await import("../lib/cli/limits/show");
    return open((session) => showLimits(session, typed), {
      partly: true,
      drift: ({ wrong }) => wrong.length > 0,
      failed: isPartial,
    });
  },
);

onMesh(
  limits.task(
    "set",
    "Sets what may leave and arrive on one lane before the mesh file declares it, and names the line to write there: for emergencies. Exits 2 if steps wait.",
  ),
  {
    from: required("Network that the tokens leave, for example op-sepolia."),
    to: required("Network that they arrive at, for example ethereum-sepolia."),
    capacity: optional("Most tokens that may leave in one burst, for example 5000."),
    rate: optional("Tokens per second by which that refills, for example 0.5."),
    inboundCapacity: optional(
      "Most tokens that may arrive in one burst; follows from --capacity unless named.",
    ),
    inboundRate: optional("Tokens per second by which that refills."),
    unlimited: flag("Let any amount pass."),
    closed: flag("Let nothing pass."),
    wait: flag("Wait for messages in flight instead of ending; local networks always wait."),
    allowDestructive: DESTRUCTIVE,
    yes: YES,
  },
  async (typed, open) => {
    const { typedLimit } = await import("../lib/mesh/limits/change");
    const { setLimits } = await import("../lib/cli/limits/set");
    return open((session, confirm) => setLimits(session, { ...typed, confirm }), {
      only: [typed.from, typed.to],
      check: (config) => typedLimit(config, typed),
      drift: (result) => result.open.length > 0,
    });
  },
);
