import { DocumentError, LimitExceededError } from "../errors.ts";
import { joinJsonPath, JSON_ROOT } from "./json_path.ts";
import { parseJson } from "./json.ts";
import { MAX_LIST_ITEMS } from "./limits.ts";

/**
 * A value in a document that is being read, with the way to it, so that every complaint can say
 * what was expected where. Null equals absent, as image-spec has it.
 */
export class DocumentField {
  readonly #document: string;
  readonly #path: string;
  readonly #value: unknown;

  constructor(document: string, value: unknown, path: string = JSON_ROOT) {
    this.#document = document;
    this.#path = path;
    this.#value = value;
  }

  /** Reads a document to its root. */
  static parse(document: string, source: string | Uint8Array): DocumentField {
    return new DocumentField(document, parseJson(source, document));
  }

  /** Says whether there is a value other than null. */
  get isPresent(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }

  /** A member of this object. */
  member(name: string): DocumentField {
    const object = this.#object();
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    return new DocumentField(this.#document, value, joinJsonPath(this.#path, name));
  }

  /** The members of this object, in their order. */
  members(): (readonly [name: string, field: DocumentField])[] {
    return Object.keys(this.#object()).map((name) => [name, this.member(name)] as const);
  }

  /** What `read` makes of the value, or `undefined` when there is none. */
  optional<T>(read: (field: DocumentField) => T): T | undefined {
    return this.isPresent ? read(this) : undefined;
  }

  /** Text; an empty one too. */
  string(): string {
    if (typeof this.#value === "string") return this.#value;
    throw this.unexpected("a string");
  }

  /** Exactly true or false. */
  boolean(): boolean {
    if (typeof this.#value === "boolean") return this.#value;
    throw this.unexpected("true or false");
  }

  /** A whole number that a double holds exactly. */
  integer(minimum: number = Number.MIN_SAFE_INTEGER): number {
    const value = this.#value;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= minimum) return value;
    throw this.unexpected(
      minimum === 0 ? "a whole number from 0 to 2^53 - 1" : "a whole number below 2^53",
    );
  }

  /**
   * The items of an array; none for null, which is how Go writes an empty list.
   *
   * @param maxItems The most that are accepted.
   */
  items(maxItems: number = MAX_LIST_ITEMS): DocumentField[] {
    if (this.#value === null) return [];
    if (!Array.isArray(this.#value)) throw this.unexpected("an array");
    if (this.#value.length > maxItems) {
      throw new LimitExceededError(`${this.#document} with a list at ${this.#path}`, maxItems);
    }
    return this.#value.map((item: unknown, index) =>
      new DocumentField(this.#document, item, joinJsonPath(this.#path, index))
    );
  }

  /** An array of strings. */
  strings(): readonly string[] {
    return this.items().map((item) => item.string());
  }

  /** An object whose members are all strings. */
  stringMap(): Readonly<Record<string, string>> {
    return this.#map((field) => field.string());
  }

  /** An object used as a set: its members are objects without meaning. */
  keySet(): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
    return this.#map((field) => field.isPresent ? field.#object() : {});
  }

  /**
   * Refuses members that differ from one of `names` by letter case only. Many readers take
   * `Layers` for `layers`, so such a document would mean different things to different readers.
   */
  refuseLookalikes(names: readonly string[]): void {
    const known = new Map(names.map((name) => [fold(name), name]));
    for (const name of Object.keys(this.#object())) {
      const exact = known.get(fold(name));
      if (exact === undefined || exact === name) continue;
      throw this.#failure(`the name "${exact}"`, `"${name}"`);
    }
  }

  /** The error for a value that is not what it must be. */
  unexpected(expected: string): DocumentError {
    return this.#failure(expected, describe(this.#value));
  }

  #object(): Readonly<Record<string, unknown>> {
    if (isObject(this.#value)) return this.#value;
    throw this.unexpected("an object");
  }

  #map<T>(read: (field: DocumentField) => T): Readonly<Record<string, T>> {
    return Object.fromEntries(this.members().map(([name, field]) => [name, read(field)]));
  }

  #failure(expected: string, got: string): DocumentError {
    return new DocumentError(
      `Cannot read ${this.#document}: expected ${expected} at ${this.#path}, got ${got}`,
    );
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Up and down again, so that `ſ` meets `s` and the Kelvin sign meets `k`. */
function fold(name: string): string {
  return name.toUpperCase().toLowerCase();
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "object") return Array.isArray(value) ? "an array" : "an object";
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
