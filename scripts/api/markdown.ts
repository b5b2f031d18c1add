import { Interface } from "ethers";
import type { EventFragment, Fragment, FunctionFragment, ParamType } from "ethers";
import { z } from "zod";

const documented = z.object({
  notice: z.string().optional(),
  details: z.string().optional(),
  params: z.record(z.string(), z.string()).optional(),
  returns: z.record(z.string(), z.string()).optional(),
});
const members = z.record(z.string(), documented).default({});
const errors = z.record(z.string(), z.array(documented)).default({});
const docs = z.object({
  notice: z.string().optional(),
  details: z.string().optional(),
  methods: members,
  events: members,
  errors,
});

/** Output of solc for a contract: its ABI, and its NatSpec with inherited parts filled in. */
export const metadataSchema = z.object({
  output: z.object({ abi: z.array(z.any()), devdoc: docs, userdoc: docs }),
});

type Metadata = z.infer<typeof metadataSchema>;
type Documented = z.infer<typeof documented>;

/** Formats the documentation of a contract as Markdown. */
export function contractMarkdown(name: string, source: string, { output }: Metadata): string {
  const { devdoc, userdoc } = output;
  const abi = new Interface(output.abi as string[]);
  const ofMethod = (key: string) => merged(userdoc.methods[key], devdoc.methods[key]);
  const ofEvent = (key: string) => merged(userdoc.events[key], devdoc.events[key]);
  const ofError = (key: string) => merged(userdoc.errors[key]?.[0], devdoc.errors[key]?.[0]);
  const sorted = (kind: Fragment["type"]) =>
    abi.fragments
      .filter((fragment) => fragment.type === kind)
      .sort((a, b) => (a.format() < b.format() ? -1 : 1));
  const functions = sorted("function") as FunctionFragment[];
  return [
    `# ${name}`,
    `Generated from [${source}](../../${source}) by \`npm run generate:api\`: do not edit.`,
    ...prose(merged(userdoc, devdoc)),
    "## Functions that change state",
    ...functions
      .filter(({ constant }) => !constant)
      .flatMap((fragment) => entry(fragment, ofMethod(fragment.format()))),
    "## Functions that read",
    ...functions
      .filter(({ constant }) => constant)
      .flatMap((fragment) => entry(fragment, ofMethod(fragment.format()))),
    "## Events",
    ...sorted("event").flatMap((fragment) => entry(fragment, ofEvent(fragment.format()))),
    "## Errors",
    ...sorted("error").flatMap((fragment) => entry(fragment, ofError(fragment.format()))),
  ]
    .join("\n\n")
    .concat("\n");
}

function merged(user: Documented | undefined, dev: Documented | undefined): Documented {
  return { ...user, ...dev, notice: user?.notice };
}

function entry(fragment: Fragment, doc: Documented): string[] {
  const { inputs } = fragment as EventFragment;
  const outputs = fragment.type === "function" ? (fragment as FunctionFragment).outputs : [];
  const rows = [
    ...inputs.map((input) => row("parameter", input, doc.params?.[input.name])),
    ...outputs.map((output, i) => row("returns", output, doc.returns?.[output.name || `_${i}`])),
  ];
  const { name } = fragment as FunctionFragment;
  return [
    `### ${name}`,
    `\`\`\`solidity\n${fragment.format("full")}\n\`\`\``,
    ...prose(doc),
    ...(rows.length > 0
      ? [["|     | name | type | meaning |", "| --- | --- | --- | --- |", ...rows].join("\n")]
      : []),
  ];
}

function row(kind: string, { name, type }: ParamType, meaning = ""): string {
  return `| ${kind} | ${name ? `\`${name}\`` : ""} | \`${type}\` | ${cell(meaning)} |`;
}

function prose({ notice, details }: Documented): string[] {
  return [notice, details].flatMap((text) => (text === undefined ? [] : [escaped(text)]));
}

const escaped = (text: string): string => text.trim().replaceAll("<", "&lt;");
const cell = (text: string): string => escaped(text).replaceAll("|", "\\|").replaceAll("\n", " ");
