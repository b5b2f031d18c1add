import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import hre from "hardhat";
import { ArgumentsParser } from "hardhat/internal/cli/ArgumentsParser";
import type { TaskDefinition } from "hardhat/types";

const ROOT = path.resolve(__dirname, "../..");

/** Every Markdown file outside of the packages, which document commands of their own. */
const FILES = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "*.md", ":!packages"],
  { cwd: ROOT, encoding: "utf8" },
)
  .split("\n")
  .filter(Boolean);

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

describe("Commands in the documentation", () => {
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
