/** A point in time. */
export interface Time {
  /** Seconds since 1970. */
  readonly seconds: number;
  /** The same as RFC 3339. */
  readonly text: string;
}

/** The end of the year 9999: RFC 3339 has no later one. */
const LAST_SECOND = 253_402_300_799;

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Reads RFC 3339, or seconds since 1970.
 *
 * @throws {SyntaxError} For anything else, and for a time before 1970.
 */
export function parseTime(text: string): Time {
  const isNumber = /^\d{1,12}$/.test(text);
  const parsed = isNumber ? Number(text) : RFC3339.test(text) ? Date.parse(text) / 1000 : NaN;
  if (!(parsed >= 0 && parsed <= LAST_SECOND)) {
    throw new SyntaxError(
      `Cannot use the time "${text}": expected RFC 3339, or seconds since 1970`,
    );
  }
  const seconds = Math.floor(parsed);
  return { seconds, text: isNumber ? formatTime(seconds) : text };
}

/** Writes seconds since 1970 as RFC 3339. */
export function formatTime(seconds: number): string {
  const [date = ""] = new Date(seconds * 1000).toISOString().split(".");
  return `${date}Z`;
}
