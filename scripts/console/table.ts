/** How a column is set. */
export type Alignment = "left" | "right";

/** Sets rows into columns, two spaces apart: one line a row, none with spaces at its end. */
export function formatTable(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): readonly string[] {
  const widths = rows.reduce<readonly number[]>(
    (widest, row) => row.map((cell, column) => Math.max(widest[column] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return alignments[column] === "right" ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd()
  );
}
