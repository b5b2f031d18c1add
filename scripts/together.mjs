// Runs npm scripts at the same time: prints the output of the first as it comes, and that of the others when all have ended.
import { spawn } from "node:child_process";
import { once } from "node:events";

const [first, ...others] = process.argv.slice(2);
const beside = others.map((script) => run(script, "pipe"));
const outputs = beside.map(({ stdout, stderr }) => {
  const parts = [];
  for (const stream of [stdout, stderr]) stream.on("data", (part) => parts.push(part));
  return parts;
});
const all = [run(first, "inherit"), ...beside].map((child) => once(child, "close"));
const ended = await Promise.all(all);
for (const parts of outputs) process.stdout.write(Buffer.concat(parts));
for (const [i, [code, signal]] of ended.entries()) {
  if (code === 0) continue;
  console.error(`npm run ${process.argv[2 + i]} ended with ${signal ?? code}.`);
  process.exitCode = 1;
}

function run(script, output) {
  const color = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const env = output === "pipe" ? { ...process.env, ...color } : process.env;
  return spawn("npm", ["run", script], { stdio: ["ignore", output, output], env });
}
