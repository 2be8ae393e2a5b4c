import { JsonScanner } from "./json_scanner.ts";

/**
 * Lays a JSON document out over lines, two spaces a level, for people to read. No token changes:
 * the order of members, the digits of numbers and the escapes in strings stay.
 *
 * @throws {DocumentError} When the text is no JSON document.
 * @example
 * ```ts
 * import { indentJson } from "@davit/davit/oci";
 *
 * console.assert(indentJson('{"a":1.0}') === '{\n  "a": 1.0\n}\n');
 * ```
 */
export function indentJson(text: string): string {
  const tokens = tokensOf(text);
  let depth = 0;
  let laid = "";
  for (const [position, token] of tokens.entries()) {
    const [previous, next] = [tokens[position - 1], tokens[position + 1]];
    const closes = token === "}" || token === "]";
    const opens = token === "{" || token === "[";
    if (closes) depth--;
    const isEmpty = closes && (previous === "{" || previous === "[");
    if (closes && !isEmpty) laid += line(depth);
    laid += token === ":" ? ": " : token;
    if (opens) depth++;
    if (token === "," || opens && next !== "}" && next !== "]") laid += line(depth);
  }
  return `${laid}\n`;
}

/**
 * Takes all white space between the tokens of a JSON document away.
 *
 * @throws {DocumentError} When the text is no JSON document.
 */
export function compactJson(text: string): string {
  return tokensOf(text).join("");
}

function line(depth: number): string {
  return `\n${"  ".repeat(depth)}`;
}

function tokensOf(text: string): readonly string[] {
  new JsonScanner(text, "JSON document").scan();
  return text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g) ?? [];
}
