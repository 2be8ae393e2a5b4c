const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Turns a duration as Go writes them into milliseconds: `90s`, `1m30s`, `0`.
 *
 * @throws {SyntaxError} When it is no duration.
 */
export function parseDuration(text: string): number {
  if (text === "0") return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
    throw new SyntaxError(
      `Cannot wait for "${text}": expected a duration such as 90s, 5m or 1m30s`,
    );
  }
  return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNITS[unit] ?? 0), 0);
}

/** Writes milliseconds the shortest way: `5m`, `90s`. */
export function formatDuration(milliseconds: number): string {
  const [unit = "ms", size = 1] =
    Object.entries(UNITS).findLast(([, size]) =>
      milliseconds >= size && milliseconds % size === 0
    ) ?? [];
  return `${milliseconds / size}${unit}`;
}
