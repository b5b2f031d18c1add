import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import hre from "hardhat";
import { ArgumentsParser } from "hardhat/internal/cli/ArgumentsParser";
import type { TaskDefinition } from "hardhat/types";
import { z } from "zod";

const ROOT = path.resolve(__dirname, "../..");

const packageSchema = z.object({ name: z.string(), scripts: z.record(z.string(), z.string()) });

/** Every Markdown file outside of the packages, which document commands of their own. */
const FILES = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "*.md", ":!packages"],
  { cwd: ROOT, encoding: "utf8" },
)
  .split("\n")
  .filter(Boolean);

/** Scripts of the project, and of each of its packages by name. */
const SCRIPTS = new Map(
  [".", "dashboard", "packages/ccip-localnet"].map((folder) => {
    const text = readFileSync(path.join(ROOT, folder, "package.json"), "utf8");
    const { name, scripts } = packageSchema.parse(JSON.parse(text));
    return [name, new Set(Object.keys(scripts))] as const;
  }),
);

/** Options that Hardhat takes with every task. */
const GLOBAL = new Set(["--network", "--help"]);

/** The commands of a page: in its blocks, and those that its text names, with or without `npx hardhat`. */
function commandsOf(file: string): string[] {
  const text = readFileSync(path.join(ROOT, file), "utf8");
  const typed = [...text.matchAll(/npx hardhat ([^`\n#]+)/g)];
  const named = [...text.matchAll(/`(\w+ [a-z][^`\n]*)`/g)].filter(
    ([, command = ""]) => (command.split(" ")[0] ?? "") in hre.scopes,
  );
  return [...typed, ...named]
    .map(([, command = ""]) => command.trim())
    .filter((command) => !command.startsWith("help"));
}

/** Returns why Hardhat would refuse a command; undefined when it names a task and options of it. */
function refusal(command: string): string | undefined {
  const words = command.split(/\s+/);
  while (words[0] === "--network") words.splice(0, 2);
  const [first = "", second = ""] = words;
  const scope = hre.scopes[first];
  const task: TaskDefinition | undefined = scope ? scope.tasks[second] : hre.tasks[first];
  if (!task) return `no task "${scope ? `${first} ${second}` : first}"`;
  const options = new Set(
    Object.keys(task.paramDefinitions).map((name) => ArgumentsParser.paramNameToCLA(name)),
  );
  const given = words.filter((word) => word.startsWith("--"));
  const unknown = given.find((word) => !options.has(word) && !GLOBAL.has(word));
  if (unknown !== undefined) return `no option ${unknown}`;
  // Without any option it is the name of the task rather than a command to type.
  const missing = Object.values(task.paramDefinitions)
    .filter(({ isOptional }) => !isOptional && given.length > 0)
    .map(({ name }) => ArgumentsParser.paramNameToCLA(name))
    .find((option) => !given.includes(option));
  return missing && `lacks the option ${missing}`;
}

/** The scripts that a page runs with npm and that no package.json has. */
function missingScripts(file: string): string[] {
  const text = readFileSync(path.join(ROOT, file), "utf8");
  const typed = [...text.matchAll(/npm run ([\w:-]+)([^`\n#|&]*)/g)];
  return typed.flatMap(([command, script = "", rest = ""]) => {
    const packages = [...rest.matchAll(/ -w (\S+)/g)].map(([, name = ""]) => name);
    const scripts = (packages.length ? packages : ["ccip-rebase-token"]).map((name) =>
      SCRIPTS.get(name),
    );
    return scripts.every((one) => one?.has(script)) ? [] : [command.trim()];
  });
}

describe("Commands in the documentation", () => {
  for (const file of FILES) {
    it(`${file} names scripts that exist`, () => {
      expect(missingScripts(file)).to.deep.equal([]);
    });
  }

  for (const file of FILES) {
    const commands = commandsOf(file);
    if (commands.length === 0) continue;
    it(`${file} names tasks and options that exist`, () => {
      const refused = commands.flatMap((command) => {
        const why = refusal(command);
        return why === undefined ? [] : [`${command}: ${why}`];
      });
      expect(refused).to.deep.equal([]);
    });
  }
});
