/** The help text of the command line. */
export const HELP = `ccip-localnet: a local CCIP, 1.6 and 2.0, from Chainlink's released contracts

Usage
  ccip-localnet [start] [options]    Start a network and deliver messages until Ctrl-C.
  ccip-localnet status               Show the network that runs.
  ccip-localnet send                 Send a data message: --from, --to, --receiver, --data 0x…
  ccip-localnet fault <kind>         Break lanes: --from, --to; all lanes that they leave open.
  ccip-localnet clear                Clear faults: --from, --to; all of them without either.
  ccip-localnet curse | uncurse      Have the RMN of --chain curse --remote, or everything.
  ccip-localnet receiver             Deploy a receiver on --chain that reverts; --accept: that takes messages.
                                     With --address: have that one revert, or --accept.
  ccip-localnet advance <time>       Move the clocks of all chains to one second: 90s, 10m, 1h, 2d.

Options of start
  --chains <n>                       Number of chains, 1 to 16 (2).
  --chain <name[:id[:selector]]>     A chain with its own name, chain id and selector; repeat it.
  --ccip <1.6|2.0>                   Version of CCIP that lanes run (2.0).
  --lane <a:b=version>               Another version between two chains, both ways; repeat it.
  --one-way-lane <a:b=version>       Another version from one chain to another; repeat it.
  --port <port>                      Port of the first chain; the others take the next ones.
  --fork <name=url[@block]>          Begin a chain as a fork; repeat it.

Kinds of fault
  hold                               Neither verify nor execute.
  hold-execution                     Verify, and do not execute.
  drop                               Never execute what is sent meanwhile, not even later.
  delay --seconds <n> | --rounds <n> Execute some time after the verification.
  reorder                            Execute the newest message first.
  verifier-down                      Verify nothing (1.6: commit nothing).
  wrong-signature                    Sign with keys that nobody knows.
  executor-gas --gas <n>             Execute with so much gas a transaction.

All commands
  --directory <path>                 Where the network keeps its files (.ccip-localnet).
  --json                             One JSON document on stdout.
  --help, --version

Exit codes: 0 done, 1 failed, 2 wrong usage.
`;

/** An invalid command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Parses `90s`, `10m`, `1h` or `2d` as seconds. */
export function parseSeconds(text: string): number {
  const [, count, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (count !== undefined && factor !== undefined && Number(count) > 0)
    return Number(count) * factor;
  throw new UsageError(`"${text}" is not a span of time: write 90s, 10m, 1h or 2d.`);
}

/** Reads a whole number of an option. */
export function parseCount(option: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`--${option} ${text} is not a whole number: write digits only.`);
}

/** Prints data: one JSON document, or prose. */
export function print(json: boolean, value: unknown, prose: string): void {
  process.stdout.write(`${json ? JSON.stringify(value, undefined, 2) : prose}\n`);
}

/** Prints progress to stderr. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
