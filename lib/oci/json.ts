import { DocumentError } from "../errors.ts";
import { decodeJson } from "./decode_json.ts";
import { JsonEdit } from "./json_edit.ts";
import { formatJsonPath, type JsonPath } from "./json_path.ts";
import { JsonScanner } from "./json_scanner.ts";

export type { JsonPath } from "./json_path.ts";

/**
 * Reads a JSON document, more strictly than `JSON.parse`: bytes must be UTF-8 without a byte order
 * mark, no object may name a member twice, and nesting is limited.
 *
 * @param document What the document is, for the error: `manifest`.
 * @throws {DocumentError} With line, column and path.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7493 RFC 7493, I-JSON}
 * @example
 * ```ts
 * import { parseJson } from "@davit/davit/oci";
 *
 * console.assert(Array.isArray(parseJson("[1, 2]")));
 * ```
 */
export function parseJson(source: string | Uint8Array, document = "JSON document"): unknown {
  const text = typeof source === "string" ? source : decodeJson(source, document);
  new JsonScanner(text, document).scan();
  return JSON.parse(text);
}

/**
 * Sets one value in the text of a JSON document. Every other byte stays as it is: unknown members,
 * their order, the digits of numbers, white space. What is missing on the way is created (a name
 * makes an object, position 0 an array; null counts as missing), in the style of the document.
 *
 * @param value Whatever `JSON.stringify` can write.
 * @throws {DocumentError} When the text is no JSON document, or the path leads through a value that
 * is neither object nor array.
 * @throws {RangeError} When a position is beyond the end of its array.
 * @throws {TypeError} When the value cannot be written as JSON.
 * @example
 * ```ts
 * import { setJson } from "@davit/davit/oci";
 *
 * const text = setJson('{"x": 1.0}', ["config", "User"], "app");
 * console.assert(text === '{"x": 1.0, "config": {"User":"app"}}');
 * ```
 */
export function setJson(text: string, path: JsonPath, value: unknown): string {
  const edit = new JsonEdit(text);
  const found = edit.find(path);
  if (found.rest.length === 0) return edit.replace(found.value, value);
  return edit.create(found, value);
}

/**
 * Removes a member of an object or an item of an array from the text of a JSON document. Every
 * other byte stays as it is. A path that leads nowhere changes nothing.
 *
 * @throws {DocumentError} When the text is no JSON document.
 * @throws {RangeError} For an empty path: a document cannot lose itself.
 * @example
 * ```ts
 * import { removeJson } from "@davit/davit/oci";
 *
 * console.assert(removeJson('{"a":1,"b":1e400}', ["a"]) === '{"b":1e400}');
 * ```
 */
export function removeJson(text: string, path: JsonPath): string {
  if (path.length === 0) throw new RangeError("Cannot remove a JSON document from itself");
  const edit = new JsonEdit(text);
  const { rest, parent } = edit.find(path);
  return rest.length === 0 && parent !== undefined ? edit.remove(parent) : text;
}

/**
 * Adds items to the end of an array in the text of a JSON document. Every other byte stays as it
 * is. A missing array is created, as {@linkcode setJson} does; null counts as missing.
 *
 * @throws {DocumentError} When the text is no JSON document, or something else is at the path.
 * @throws {TypeError} When a value cannot be written as JSON.
 * @example
 * ```ts
 * import { appendJson } from "@davit/davit/oci";
 *
 * console.assert(appendJson('{"list":[1.0]}', ["list"], 2, 3) === '{"list":[1.0,2,3]}');
 * ```
 */
export function appendJson(text: string, path: JsonPath, ...values: unknown[]): string {
  const edit = new JsonEdit(text);
  if (values.length === 0) return text;
  const found = edit.find(path);
  if (found.rest.length > 0) return edit.create(found, values);
  if (edit.isNull(found.value)) return edit.replace(found.value, values);
  if (text[found.value.start] === "[") {
    return edit.insert(found.value, values.map((value) => ({ value })));
  }
  throw new DocumentError(`Cannot append to ${formatJsonPath(path)}: expected an array`);
}

/**
 * Finds the exact text of a value in the text of a JSON document; `undefined` when nothing is there.
 *
 * @throws {DocumentError} When the text is no JSON document.
 * @example
 * ```ts
 * import { jsonTextAt } from "@davit/davit/oci";
 *
 * console.assert(jsonTextAt('{"list": [1.0, 2]}', ["list", 0]) === "1.0");
 * ```
 */
export function jsonTextAt(text: string, path: JsonPath): string | undefined {
  const { value, rest } = new JsonEdit(text).find(path);
  return rest.length === 0 ? text.slice(value.start, value.end) : undefined;
}

/**
 * Finds the exact texts of an array's items in the text of a JSON document: none when it is missing
 * or null.
 *
 * @throws {DocumentError} When the text is no JSON document, or something else is at the path.
 */
export function jsonItemsAt(text: string, path: JsonPath): readonly string[] {
  return new JsonEdit(text).items(path);
}

/**
 * Replaces all items of an array in the text of a JSON document by others, as JSON texts that are
 * put in to the letter. A missing array is created.
 *
 * @throws {DocumentError} When the text is no JSON document, an item is none, or something else is
 * at the path.
 * @example
 * ```ts
 * import { setJsonItems } from "@davit/davit/oci";
 *
 * console.assert(setJsonItems('{"list":[1]}', ["list"], ["1.0", "[]"]) === '{"list":[1.0,[]]}');
 * ```
 */
export function setJsonItems(text: string, path: JsonPath, items: readonly string[]): string {
  for (const item of items) new JsonScanner(item, "JSON text").scan();
  const hasArray = jsonTextAt(text, path)?.startsWith("[") === true;
  const ground = hasArray ? text : setJson(text, path, []);
  return new JsonEdit(ground).setItems(path, items);
}
