/** A part of some bytes. */
export interface ByteRange {
  /** Offset of the first byte. */
  readonly start: number;
  /** Offset after the last byte. */
  readonly end: number;
}

/**
 * Reads the `Range` header of a download: `bytes=2-5`, `bytes=2-`, `bytes=-5`.
 *
 * @param size The number of bytes there are.
 * @returns The range, `undefined` for a header that is to be ignored (another unit, several ranges),
 * or `"unsatisfiable"`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#name-range-requests RFC 9110, range requests}
 */
export function parseRange(
  header: string | null,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=\s*([0-9]*)-([0-9]*)\s*$/i.exec(header ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  return start < end ? { start, end } : "unsatisfiable";
}

/**
 * Reads the `Content-Range` header of an upload's chunk: `0-9`, and the same with the unit and
 * total of RFC 9110 that some clients add.
 *
 * @returns The range, `undefined` when there is no header, or `"invalid"`.
 */
export function parseContentRange(header: string | null): ByteRange | "invalid" | undefined {
  if (header === null) return undefined;
  const match = /^(?:bytes[ =])?([0-9]+)-([0-9]+)(?:\/(?:[0-9]+|\*))?$/.exec(header.trim());
  if (match === null) return "invalid";
  const [start, end] = [Number(match[1]), Number(match[2]) + 1];
  return start < end && Number.isSafeInteger(end) ? { start, end } : "invalid";
}
