import { task } from "hardhat/config";

import { define } from "./define";
import { networkOf } from "./localnet";
import { CCIP, PORT, defaulted, flag } from "./options";

define(
  task(
    "demo",
    "Runs a rebase across chains on a local network with the released contracts of CCIP.",
  ),
  {
    ccip: CCIP,
    chapter: defaulted(
      "Part of the story: rebase, or defi with pools, listeners, quarantine and upgrades from home.",
      "rebase",
    ),
    chains: defaulted("Number of chains, the home included, from 3 to 16.", "3"),
    port: PORT,
    json: flag("Print one JSON document on stdout instead of tables."),
    stay: flag("Keep the network up after the story, until Ctrl-C."),
  },
  async ({ chapter, json, stay, ...typed }, hre) => {
    const { parseChapter } = await import("../lib/demo/chapters");
    const chosen = parseChapter(chapter);
    const network = await networkOf(hre, typed, 3n);
    const { runDemo } = await import("../lib/demo/run");
    await runDemo({ ...network, chapter: chosen, json, stay });
  },
);
