import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { forgetRemoved } from "../surface/files";
import { releaseChangelog } from "./changelog";
import { currentVersion, requireHigher, writeVersion } from "./version";

const USAGE = `Usage: npm run release -- <version>

Prepares a release and pushes nothing: moves "Unreleased" of CHANGELOG.md into the version, writes the version into
every package, runs .ci/run, packs both packages, commits and tags. What is red, or not committed, stops it and
leaves everything as it was.`;

/** Runs a command in the project, with its output in the terminal. */
function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
}

function git(...args: string[]): string {
  return execFileSync("git", args, { encoding: "utf8" }).trim();
}

/** @throws when the version cannot be released from what is checked out. */
function requireReleasable(version: string): void {
  requireHigher(version, currentVersion("."));
  const changed = git("status", "--porcelain");
  if (changed) {
    throw new Error(`There is what is not committed: commit it or put it away first.\n${changed}`);
  }
  if (git("tag", "--list", `v${version}`)) {
    throw new Error(`The tag v${version} exists already: choose a higher version.`);
  }
}

function release(version: string): void {
  requireReleasable(version);
  const date = new Date().toISOString().slice(0, 10);
  const changelog = releaseChangelog(readFileSync("CHANGELOG.md", "utf8"), version, date);
  const folder = path.join("cache", `release-${version}`);
  try {
    const files = [...writeVersion(".", version), ...forgetRemoved()];
    writeFileSync("CHANGELOG.md", changelog.text);
    run(".ci/run");
    mkdirSync(folder, { recursive: true });
    run("npm", "pack", "--pack-destination", folder);
    run("npm", "pack", "--workspace", "ccip-localnet", "--pack-destination", folder);
    run("git", "add", "CHANGELOG.md", ...files);
  } catch (error) {
    run("git", "restore", "--staged", "--worktree", ".");
    throw new Error(`Nothing was released, for this failed: ${messageOf(error)}`, { cause: error });
  }
  const notes = path.join(folder, "notes.md");
  writeFileSync(notes, `${changelog.notes}\n`);
  run("git", "commit", "--quiet", "--message", `release: ${version}`);
  run("git", "tag", "--annotate", `v${version}`, "--cleanup", "verbatim", "--file", notes);
  console.log(`
v${version} is committed and tagged here, and pushed nowhere. Packages and notes lie in ${folder}. To publish it:
  git push --follow-tags
  npm publish ${folder}/<package>.tgz
  gh release create v${version} --notes-file ${notes}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const [version, ...rest] = process.argv.slice(2);
if (version === undefined || rest.length > 0 || version === "--help") {
  console.log(USAGE);
  if (version !== "--help") process.exitCode = 1;
} else {
  try {
    release(version);
  } catch (error) {
    console.error(`error  ${messageOf(error)}`);
    process.exitCode = 1;
  }
}
