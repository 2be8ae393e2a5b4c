import { DocumentError } from "../errors.ts";
import { formatJsonPath, type JsonPath } from "./json_path.ts";
import { type JsonMember, JsonScanner, type JsonSpan } from "./json_scanner.ts";
import {
  colonOf,
  gapBefore,
  indentAt,
  isContainer,
  type JsonStyle,
  styleOf,
  writeJson,
} from "./json_style.ts";

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
  const text = typeof source === "string" ? source : decode(source, document);
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
  const found = new JsonEdit(text).find(path);
  if (found.rest.length > 0 || found.parent === undefined) return text;
  const { members, index, span } = found.parent;
  const member = members[index];
  const previous = members[index - 1];
  const next = members[index + 1];
  if (member !== undefined && next !== undefined) return splice(text, member.start, next.start);
  if (previous !== undefined) return splice(text, previous.value.end, found.value.end);
  return splice(text, span.start + 1, span.end - 1);
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

interface Found {
  /** The deepest value on the path that is there. */
  readonly value: JsonSpan;
  /** The path from there on. */
  readonly rest: JsonPath;
  /** Where that value is listed, unless it is the root. */
  readonly parent: Parent | undefined;
}

interface Parent {
  readonly span: JsonSpan;
  readonly members: readonly JsonMember[];
  readonly index: number;
}

interface Entry {
  readonly name?: string;
  readonly value: unknown;
}

/** One edit of one scanned text. */
class JsonEdit {
  readonly #text: string;
  readonly #scanner: JsonScanner;
  readonly #root: JsonSpan;

  constructor(text: string) {
    this.#text = text;
    this.#scanner = new JsonScanner(text, "JSON document");
    this.#root = this.#scanner.scan();
  }

  find(path: JsonPath): Found {
    let value = this.#root;
    let parent: Parent | undefined;
    for (const [depth, step] of path.entries()) {
      const members = isContainer(this.#text, value) ? this.#scanner.members(value.start) : [];
      const index = members.findIndex((member, index) => (member.name ?? index) === step);
      const member = members[index];
      if (member === undefined) return { value, rest: path.slice(depth), parent };
      parent = { span: value, members, index };
      value = member.value;
    }
    return { value, rest: [], parent };
  }

  isNull({ start }: JsonSpan): boolean {
    return this.#text[start] === "n";
  }

  replace(span: JsonSpan, value: unknown): string {
    const style = this.#style();
    const indent = indentAt(this.#text, span.start);
    const gap = style.unit === undefined ? "" : style.newline + indent;
    return splice(this.#text, span.start, span.end, writeJson(value, gap, style));
  }

  create({ value, rest }: Found, leaf: unknown): string {
    const [step, ...below] = rest;
    if (this.isNull(value)) return this.replace(value, nest(rest, leaf));
    const created = nest(below, leaf);
    const kind = this.#text[value.start];
    if (kind === "{" && typeof step === "string") {
      return this.insert(value, [{ name: step, value: created }]);
    }
    if (kind === "[" && typeof step === "number") {
      const { length } = this.#scanner.members(value.start);
      if (step === length) return this.insert(value, [{ value: created }]);
      throw new RangeError(`Cannot set item ${step}: expected at most ${length}`);
    }
    throw new DocumentError(
      `Cannot find ${JSON.stringify(step)} on the way to a JSON value: expected ${
        typeof step === "string" ? "an object" : "an array"
      }, got ${this.#text.slice(value.start, value.end).slice(0, 60)}`,
    );
  }

  insert(container: JsonSpan, entries: readonly Entry[]): string {
    const style = this.#style();
    const last = this.#scanner.members(container.start).at(-1);
    if (last !== undefined) {
      const gap = gapBefore(this.#text, last.start);
      const colon = colonOf(this.#text, last, style.colon);
      const added = entries.map((entry) => `,${gap}${writeEntry(entry, gap, { ...style, colon })}`);
      return splice(this.#text, last.value.end, last.value.end, added.join(""));
    }
    const outer = style.unit === undefined
      ? ""
      : style.newline + indentAt(this.#text, container.start);
    const gap = style.unit === undefined ? "" : outer + style.unit;
    const added = entries.map((entry) => gap + writeEntry(entry, gap, style)).join(",");
    return splice(this.#text, container.start + 1, container.end - 1, added + outer);
  }

  #style(): JsonStyle {
    return styleOf(this.#text, this.#root, this.#scanner);
  }
}

function writeEntry({ name, value }: Entry, gap: string, style: JsonStyle): string {
  const text = writeJson(value, gap, style);
  return name === undefined ? text : JSON.stringify(name) + style.colon + text;
}

function nest(path: JsonPath, leaf: unknown): unknown {
  return path.reduceRight((inner, step) => {
    if (typeof step === "string") return { [step]: inner };
    if (step === 0) return [inner];
    throw new RangeError(`Cannot set item ${step}: expected 0, for the array is new`);
  }, leaf);
}

function splice(text: string, start: number, end: number, added = ""): string {
  return text.slice(0, start) + added + text.slice(end);
}

function decode(bytes: Uint8Array, document: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DocumentError(
      `Cannot read ${document}: expected UTF-8 text, got bytes that are not`,
      { cause },
    );
  }
}
