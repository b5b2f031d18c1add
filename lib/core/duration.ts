const UNITS = [
  { name: "d", seconds: 86_400n },
  { name: "h", seconds: 3_600n },
  { name: "min", seconds: 60n },
  { name: "s", seconds: 1n },
] as const;

/** Formats seconds for people, in the two largest units: "17 min 5 s", "3 d 4 h". */
export function formatDuration(seconds: bigint): string {
  const largest = UNITS.findIndex((unit) => seconds >= unit.seconds);
  if (largest < 0) return "0 s";
  let rest = seconds;
  const parts = UNITS.slice(largest, largest + 2).flatMap((unit) => {
    const count = rest / unit.seconds;
    rest %= unit.seconds;
    return count > 0n ? [`${count} ${unit.name}`] : [];
  });
  return parts.join(" ");
}
