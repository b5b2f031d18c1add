import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

const ROOT = path.resolve(__dirname, "../..");

const git = (...args: string[]): string[] =>
  execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).split("\n").filter(Boolean);

/** Every Markdown file of the repository, also those that are not committed yet. */
const FILES = git("ls-files", "--cached", "--others", "--exclude-standard", "*.md").filter((file) =>
  existsSync(path.join(ROOT, file)),
);

const withoutCode = (text: string): string =>
  text.replace(/^```[^]*?^```/gm, "").replace(/`[^`\n]*`/g, "");

/** The anchors of a page, as GitHub makes them from its headings. */
function anchorsOf(file: string): Set<string> {
  const headings = readFileSync(file, "utf8")
    .replace(/^```[^]*?^```/gm, "")
    .matchAll(/^#+ (.*)$/gm);
  const anchors = new Set<string>();
  for (const [, heading = ""] of headings) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = plain.replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

/** Roots of the paths that pages name in backticks; `lib/cli/<scope>/<verb>.ts` is a pattern. */
const PATH =
  /`((?:config|contracts|dashboard|deploy|docs|lib|packages|scripts|tasks|test)\/[\w./-]*)`/g;

/** Returns the paths that a page names in backticks and that do not exist. */
function deadPaths(file: string): string[] {
  const paths = readFileSync(path.join(ROOT, file), "utf8").matchAll(PATH);
  return [...paths].flatMap(([, named = ""]) => (existsSync(path.join(ROOT, named)) ? [] : named));
}

/** The links of a page that lead nowhere. */
function deadLinks(file: string): string[] {
  const page = path.join(ROOT, file);
  const links = withoutCode(readFileSync(page, "utf8")).matchAll(/\]\(([^)\s]+)\)/g);
  return [...links].flatMap(([, link = ""]) => {
    if (/^[a-z]+:/i.test(link)) return [];
    const [target = "", anchor] = link.split("#");
    const place = target === "" ? page : path.resolve(path.dirname(page), decodeURI(target));
    if (!existsSync(place)) return [`${link}: no such file`];
    if (anchor === undefined) return [];
    const isPage = statSync(place).isFile() && place.endsWith(".md");
    return isPage && anchorsOf(place).has(anchor) ? [] : [`${link}: no such heading`];
  });
}

/** The folders at the top of the repository. */
const FOLDERS = new Set(git("ls-tree", "-d", "--name-only", "HEAD"));

/** The paths from the top of the repository that a page names in code, and that do not exist. */
function missingPaths(file: string): string[] {
  const code = readFileSync(path.join(ROOT, file), "utf8").matchAll(/`([\w.-]+)(\/[\w./-]*)`/g);
  return [...code].flatMap(([, folder = "", rest = ""]) =>
    FOLDERS.has(folder) && !existsSync(path.join(ROOT, folder + rest)) ? [folder + rest] : [],
  );
}

describe("Links in the documentation", () => {
  for (const file of FILES) {
    it(`${file} has no dead link`, () => {
      expect(deadLinks(file)).to.deep.equal([]);
    });

    it(`${file} names no path that does not exist`, () => {
      expect(deadPaths(file)).to.deep.equal([]);
    });
  }

  for (const file of FILES.filter((name) => !name.includes("/") || name.startsWith("docs/"))) {
    it(`${file} names existing files only`, () => {
      expect(missingPaths(file)).to.deep.equal([]);
    });
  }

  it("CONTRIBUTING.md has a row for every room of lib", () => {
    const [, rooms = ""] = readFileSync(path.join(ROOT, "CONTRIBUTING.md"), "utf8").split(
      /^## The rooms of lib$/m,
    );
    const rows = [...rooms.matchAll(/^\| `.*?\|/gm)].flatMap(([row]) => row.match(/\w+/g) ?? []);
    expect(rows).to.include.members(readdirSync(path.join(ROOT, "lib")));
  });

  it("the README stays within 1,150 words, tables of figures left out", () => {
    const text = readFileSync(path.join(ROOT, "README.md"), "utf8");
    const written = text.replace(/<!-- (bench:\w+) -->[^]*<!-- \/\1 -->/g, "");
    expect(written.split(/\s+/).length).to.be.at.most(1_150);
  });
});
