/** A value, and the nodes it is for. */
export interface FilteredValue {
  /** What stands before the `@`. */
  readonly value: string;
  /** The filters behind it; none when there is no `@`. */
  readonly filters: readonly string[];
}

/**
 * Splits a flag's `VALUE@FILTER;FILTER`. A `\@` is a part of the value.
 *
 * @throws {SyntaxError} When there are several `@`, or nothing behind it.
 * @example
 * ```ts
 * import { splitFilters } from "@davit/davit/k3s";
 *
 * const { value, filters } = splitFilters(String.raw`USER=me\@home@server:0`);
 * console.assert(value === "USER=me@home" && filters[0] === "server:0");
 * ```
 */
export function splitFilters(text: string): FilteredValue {
  const parts: string[] = [""];
  for (const [token] of text.matchAll(/\\\\(?=@)|\\@|@|[^\\@]+|\\/g)) {
    if (token === "@") parts.push("");
    else parts[parts.length - 1] += token === "\\@" ? "@" : token === "\\\\" ? "\\" : token;
  }
  const [value = "", filters, ...more] = parts;
  if (more.length > 0) {
    throw new SyntaxError(
      `Cannot use "${text}": expected one "@" before the node filters, got ${parts.length - 1}; ` +
        `write "\\@" for one that is a part of the value`,
    );
  }
  if (filters === undefined) return { value, filters: [] };
  if (filters === "") {
    throw new SyntaxError(`Cannot use "${text}": expected a node filter after "@"`);
  }
  return { value, filters: filters.split(";") };
}
