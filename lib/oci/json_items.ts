import { DocumentError } from "../errors.ts";
import { JsonEdit } from "./json_edit.ts";
import { formatJsonPath, type JsonPath } from "./json_path.ts";

/** A number by its own digits, which `JSON.stringify` writes as they are. */
interface RawJson {
  readonly rawJSON?: (text: string) => unknown;
}

/**
 * Reads the items of an array in the text of a JSON document, so that they can be put into another
 * document by {@linkcode appendJson} with nothing lost: unknown members, their order and the digits
 * of numbers stay. What is missing, or null, has no items.
 *
 * @throws {DocumentError} When the text is no JSON document, or something else is at the path.
 * @example
 * ```ts
 * import { appendJson, jsonItems } from "@davit/davit/oci";
 *
 * const items = jsonItems('{"list": [{"x": 1.0}]}', ["list"]);
 * console.assert(appendJson('{"list":[]}', ["list"], ...items) === '{"list":[{"x":1.0}]}');
 * ```
 */
export function jsonItems(text: string, path: JsonPath): readonly unknown[] {
  const { value, rest } = new JsonEdit(text).find(path);
  if (rest.length > 0) return [];
  const source = text.slice(value.start, value.end);
  const items: unknown = JSON.parse(source, keepDigits);
  if (items === null) return [];
  if (Array.isArray(items)) return items;
  throw new DocumentError(`Cannot read ${formatJsonPath(path)}: expected an array`);
}

/**
 * Keeps some items of an array in the text of a JSON document and removes the others. Every other
 * byte stays as it is.
 *
 * @param keep Says of each position whether its item stays.
 * @throws {DocumentError} When the text is no JSON document.
 * @example
 * ```ts
 * import { keepJsonItems } from "@davit/davit/oci";
 *
 * const text = keepJsonItems('{"list": [1.0, 2, 3]}', ["list"], (position) => position !== 1);
 * console.assert(text === '{"list": [1.0, 3]}');
 * ```
 */
export function keepJsonItems(
  text: string,
  path: JsonPath,
  keep: (position: number) => boolean,
): string {
  const edit = new JsonEdit(text);
  const { value, rest } = edit.find(path);
  return rest.length === 0 && text[value.start] === "[" ? edit.keep(value, keep) : text;
}

function keepDigits(_name: string, value: unknown, context?: { readonly source?: string }) {
  const { rawJSON } = JSON as RawJson;
  if (typeof value !== "number" || context?.source === undefined) return value;
  return rawJSON === undefined ? value : rawJSON(context.source);
}
