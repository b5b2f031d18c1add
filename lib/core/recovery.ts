/** One remedy; several are listed in the order in which they are applied. */
export interface Recovery {
  /** A command to run as it stands; undefined where no command of this project does it. */
  readonly command?: string;
  /** The effect of the command, who has to act, or until when to wait. */
  readonly note: string;
}

/** Formats a task of this project as a shell command. */
export function command(
  task: string,
  options: Readonly<Record<string, string | bigint | undefined>>,
): string {
  const named = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${value}`],
  );
  return ["npx hardhat", task, ...named].join(" ");
}
