const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/**
 * Reads a number of bytes: `1500`, `1.5 GB` (powers of 1000), `10GiB` (powers of 1024).
 *
 * @throws {SyntaxError} For anything else.
 */
export function parseByteSize(text: string): number {
  const [, count = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  const bytes = Math.round(Number(count) * (factor ?? NaN));
  if (count !== "" && Number.isSafeInteger(bytes)) return bytes;
  throw new SyntaxError(`Cannot read the size "${text}": expected such as 500MB or 10GiB`);
}
