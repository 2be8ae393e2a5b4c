/**
 * Writes a value as Go's `encoding/json` does: compact, with `<`, `>`, `&`, U+2028 and U+2029
 * escaped. Members keep the order they are given in, as Go keeps that of struct fields.
 *
 * @throws {TypeError} For what JSON cannot hold.
 * @see {@link https://pkg.go.dev/encoding/json#Marshal encoding/json, Marshal}
 * @example
 * ```ts
 * import { encodeGoJson } from "@davit/davit/oci";
 *
 * console.assert(encodeGoJson({ run: "a && b" }) === '{"run":"a \\u0026\\u0026 b"}');
 * ```
 */
export function encodeGoJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, wellFormed);
  if (text === undefined) throw new TypeError(`Cannot write ${typeof value} as JSON`);
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Go's strings are UTF-8: a lone surrogate becomes U+FFFD. */
function wellFormed(_name: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed() : value;
}
