import { readdirSync } from "node:fs";
import path from "node:path";

import { OperatorError } from "../../lib/core/errors";
import { LIVE_CHAINS } from "../../lib/core/chains";
import { parseMesh } from "../../lib/core/mesh/parse";
import type { MeshConfig } from "../../lib/core/mesh/schema";
import { ownMeshesDirectory } from "../env";
import { MAX_LOCAL_CHAINS, localChains } from "../localChains";

/** A network of a mesh, and the part that it plays there. */
export interface MeshMember {
  readonly config: MeshConfig;
  readonly role: "home" | "satellite";
  /** The mesh file, as people may find it. */
  readonly file: string;
}

/** A mesh file, loaded as far as it can be. */
interface MeshFile {
  /** Name of the file, without its ending. */
  readonly name: string;
  readonly file: string;
  readonly input?: unknown;
  /** The reason why it cannot be loaded. */
  readonly problem?: string;
}

/**
 * The mesh called `name`: the one whose file is called so. A file is checked when it is asked for, so that
 * one with mistakes does not affect the others.
 * @throws when there is none, naming those there are; when two files claim the name; or when its file has mistakes.
 */
export function meshByName(name: string): MeshConfig {
  return meshFile(name).config;
}

/** {@link meshByName} with the file that says so. */
export function meshFile(name: string): Omit<MeshMember, "role"> {
  const files = meshFiles();
  const [claim, ...others] = files.filter((file) => file.name === name || calledIn(file) === name);
  if (!claim) {
    throw new OperatorError(
      "UNKNOWN_MESH",
      `There is no mesh "${name}": use one of ${files.map((file) => file.name).join(", ")}, or write one with "npx hardhat mesh init --name ${name}".`,
    );
  }
  if (others.length > 0) {
    throw new OperatorError(
      "INVALID_MESH_FILE",
      `Mesh "${name}" is claimed by ${[claim, ...others].map(({ file }) => file).join(" and ")}: give each a name of its own, and its file the same.`,
    );
  }
  return { config: checked(claim), file: claim.file };
}

/**
 * The mesh that a network is meant in.
 * @param mesh its name; needed where more than one mesh names the network.
 * @throws when no mesh names the network, when more than one does and none was chosen, or when a file that
 * cannot be read might.
 */
export function meshOfNetwork(network: string, mesh?: string): MeshMember {
  if (mesh !== undefined) {
    const { config, file } = meshFile(mesh);
    const role = roleIn(config, network);
    if (role) return { config, role, file };
    throw new OperatorError(
      "UNKNOWN_CHAIN",
      `${network} is not in mesh ${mesh}, which has ${membersOf(config).join(", ")}: add it to ${file}, or name another mesh.`,
    );
  }
  const members: MeshMember[] = [];
  const broken: string[] = [];
  const names: string[] = [];
  for (const name of meshNames()) {
    try {
      const { config, file } = meshFile(name);
      names.push(name);
      const role = roleIn(config, network);
      if (role) members.push({ config, role, file });
    } catch (error) {
      broken.push(error instanceof Error ? error.message : String(error));
    }
  }
  const [member, ...others] = members;
  if (others.length > 0) {
    const meshes = members.map(({ config, file }) => `${config.name} (${file})`).join(" and ");
    throw new OperatorError(
      "INVALID_OPTION",
      `${network} is in the meshes ${meshes}: say which one is meant with --mesh, or with the variable MESH.`,
    );
  }
  const untold = broken.map((reason) => `\n  ${reason.replaceAll("\n", "\n  ")}`).join("");
  if (!member) {
    throw new OperatorError(
      "UNKNOWN_CHAIN",
      `${network} is in no mesh: add it to a file in config/meshes (${names.join(", ")}), or write one with "npx hardhat mesh init".${
        broken.length > 0 ? ` Not all of them can be read:${untold}` : ""
      }`,
    );
  }
  if (broken.length > 0) {
    throw new OperatorError(
      "INVALID_OPTION",
      `${network} is in mesh ${member.config.name}, and may be in others that cannot be read: name the one that is meant with --mesh, or with the variable MESH, or correct these:${untold}`,
    );
  }
  return member;
}

/** Names of the sound meshes that name a network. */
export function meshesNaming(network: string): string[] {
  return meshNames().filter((name) => {
    try {
      return roleIn(meshByName(name), network) !== undefined;
    } catch {
      return false;
    }
  });
}

/** Names of the meshes there are, of files with mistakes too. */
export function meshNames(): string[] {
  return [...new Set(meshFiles().map(({ name }) => name))];
}

/** Every network that a mesh may name: the chain directory's and the local ones. */
export function networkNames(): string[] {
  return [
    ...LIVE_CHAINS.map(({ network }) => network),
    ...localChains(MAX_LOCAL_CHAINS).map(({ name }) => name),
  ];
}

/** A chain that is ready to be switched on counts as a satellite. */
function roleIn(config: MeshConfig, network: string): "home" | "satellite" | undefined {
  if (config.home === network) return "home";
  return membersOf(config).includes(network) ? "satellite" : undefined;
}

function membersOf({ home, satellites, ready = [] }: MeshConfig): string[] {
  return [home, ...satellites, ...ready];
}

/** Every file of the folders with mesh files, in alphabetical order. */
function meshFiles(): MeshFile[] {
  return [__dirname, ownMeshesDirectory() ?? []].flat().flatMap((folder) =>
    readdirSync(folder)
      .filter((entry) => /\.ts$/.test(entry) && !/^index\.ts$|\.d\.ts$/.test(entry))
      .sort()
      .map((entry) => load(path.join(folder, entry))),
  );
}

function load(file: string): MeshFile {
  const name = path.basename(file, ".ts");
  const shown = path.relative(path.join(__dirname, "../.."), file);
  try {
    return { name, file: shown, input: meshIn(require(file) as Record<string, unknown>) };
  } catch (error) {
    return { name, file: shown, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Returns the export of a mesh file: its default, or else the only one. */
function meshIn(exported: Record<string, unknown>): unknown {
  const { default: byDefault, ...named } = exported;
  const values = Object.values(named);
  const mesh = byDefault ?? (values.length === 1 ? values[0] : undefined);
  if (mesh === undefined) {
    throw new OperatorError(
      "INVALID_MESH_FILE",
      `it exports ${Object.keys(named).join(", ") || "nothing"}: write "export default" before the mesh`,
    );
  }
  return typeof mesh === "function" ? (mesh as () => unknown)() : mesh;
}

function calledIn({ input }: MeshFile): unknown {
  return typeof input === "object" && input !== null && "name" in input ? input.name : undefined;
}

function checked(meshFile: MeshFile): MeshConfig {
  const { name, file, input, problem } = meshFile;
  if (problem !== undefined)
    throw new OperatorError("INVALID_MESH_FILE", `${file} cannot be loaded: ${problem}`);
  const config = parseMesh(input, { networks: networkNames(), file });
  if (config.name === name) return config;
  throw new OperatorError(
    "INVALID_MESH_FILE",
    `${file} calls its mesh "${config.name}": write name: "${name}", as the file is called, or call the file ${config.name}.ts.`,
  );
}
