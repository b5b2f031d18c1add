/** Unix seconds as a date in UTC: "2026-11-25T14:12:06Z". */
export function timeText(seconds: bigint): string {
  return new Date(Number(seconds) * 1_000).toISOString().replace(".000Z", "Z");
}

/** A span of time for people, in its largest whole unit: "40 s", "5 min", "3 h", "2 d". */
export function durationText(seconds: bigint): string {
  if (seconds < 120n) return `${seconds} s`;
  if (seconds < 7_200n) return `${seconds / 60n} min`;
  if (seconds < 172_800n) return `${seconds / 3_600n} h`;
  return `${seconds / 86_400n} d`;
}
