/** Formats unix seconds as a date in UTC: "2026-11-25T14:12:06Z". */
export function timeText(seconds: bigint): string {
  return new Date(Number(seconds) * 1_000).toISOString().replace(".000Z", "Z");
}
