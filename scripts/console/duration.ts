const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/**
 * Reads a duration as Go and docker write it, into nanoseconds: `30s`, `1m30s`, `500ms`.
 *
 * @throws {SyntaxError} For anything else.
 */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join("") === text;
  const total = parts.reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (UNITS[unit] ?? 0),
    0,
  );
  if (isWhole && Number.isSafeInteger(Math.round(total))) return Math.round(total);
  throw new SyntaxError(`Cannot read the time "${text}": expected such as 30s, 1m30s or 500ms`);
}
