import type { BuildInfo } from "hardhat/types";

/** Opcodes that hand storage or existence of a contract to other code. */
const CODES: Readonly<Record<number, string>> = {
  0xf0: "CREATE",
  0xf2: "CALLCODE",
  0xf4: "DELEGATECALL",
  0xf5: "CREATE2",
  0xff: "SELFDESTRUCT",
};

const [PUSH1, PUSH32, INVALID] = [0x60, 0x7f, 0xfe] as const;

/** An instruction of interest, and the source file that it was compiled from. */
export interface Finding {
  readonly opcode: string;
  readonly file: string;
}

/** Returns the instructions of deployed code that only a proxy should have, without the data of PUSH, constants and metadata. */
export function scanOpcodes(contract: string, source: string, build: BuildInfo): Finding[] {
  const deployed = build.output.contracts[source]?.[contract]?.evm.deployedBytecode;
  if (!deployed?.object) throw new Error(`${contract} has no code: run "npx hardhat compile".`);
  const files = new Map(Object.entries(build.output.sources).map(([file, { id }]) => [id, file]));
  const places = fileIds(deployed.sourceMap);
  // References to libraries that are not linked yet are no hexadecimal digits, and inside a PUSH.
  const code = Buffer.from(deployed.object.replace(/__\$\w{34}\$__/g, "0".repeat(40)), "hex");
  const findings: Finding[] = [];
  let at = 0;
  for (const place of places) {
    const byte = code[at] ?? INVALID;
    const opcode = CODES[byte];
    if (opcode) findings.push({ opcode, file: files.get(place) ?? "the compiler's own code" });
    at += byte >= PUSH1 && byte <= PUSH32 ? byte - PUSH1 + 2 : 1;
  }
  // The compiler separates code from constants and metadata, which nothing jumps to.
  if (code[at] !== INVALID) throw new Error(`The source map of ${contract} ends within its code.`);
  return findings;
}

/** Returns the file of each instruction from a source map, in which an empty field repeats the one before. */
function fileIds(sourceMap: string): number[] {
  let file = -1;
  return sourceMap.split(";").map((entry) => {
    const field = entry.split(":")[2];
    if (field) file = Number(field);
    return file;
  });
}
