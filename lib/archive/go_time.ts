/** Go's zero time, which stands for a time that was never set. */
export const ZERO_TIME = "0001-01-01T00:00:00Z";

/**
 * Writes an RFC 3339 time as Go does: without zeros at the end of the fraction, `Z` for UTC. A time
 * that is absent or empty is Go's zero time.
 */
export function formatGoTime(text: unknown): string {
  if (typeof text !== "string" || text === "") return ZERO_TIME;
  return text
    .replace(/\.(\d*?)0*(?=Z|[+-])/, (_, digits) => digits === "" ? "" : `.${digits}`)
    .replace(/[+-]00:00$/, "Z");
}
