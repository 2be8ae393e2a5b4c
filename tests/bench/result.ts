/** One measured ratio and what it may be at most. */
export interface BenchResult {
  readonly name: string;
  readonly ratio: number;
  readonly limit: number;
  /** The two things that were divided, with their units. */
  readonly detail: string;
}

/** Prints a table of results and sets the exit code: 0 when every ratio is within its limit. */
export function reportResults(results: readonly BenchResult[]): void {
  const rows = results.map(({ name, ratio, limit, detail }) => [
    ratio <= limit ? "pass" : "FAIL",
    name,
    ratio.toFixed(2),
    `<= ${limit.toFixed(2)}`,
    detail,
  ]);
  const table = [["", "what", "ratio", "limit", "measured"], ...rows];
  const widths = table[0]?.map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0))
  );
  for (const row of table) {
    print(row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join("  ").trimEnd());
  }
  if (results.some(({ ratio, limit }) => ratio > limit)) Deno.exitCode = 1;
}

/** Prints a line. */
export function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
