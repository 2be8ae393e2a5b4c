import { DocumentError } from "../errors.ts";
import { formatJsonPath, type JsonPath } from "./json_path.ts";
import { type JsonMember, JsonScanner, type JsonSpan } from "./json_scanner.ts";
import {
  colonOf,
  gapAfter,
  indentAt,
  isContainer,
  type JsonStyle,
  styleOf,
  writeJson,
} from "./json_style.ts";

/** How far a path leads. */
export interface Found {
  /** The deepest value on the path that is there. */
  readonly value: JsonSpan;
  /** The path from there on. */
  readonly rest: JsonPath;
  /** Where that value is listed, unless it is the root. */
  readonly parent: Place | undefined;
}

/** The place of a value in an object or array. */
export interface Place {
  /** The object or array. */
  readonly container: JsonSpan;
  /** Its members, in their order. */
  readonly members: readonly JsonMember[];
  /** The position of the value's member. */
  readonly index: number;
}

/** What is put into an object, or without a name into an array. */
export interface Entry {
  readonly name?: string;
  readonly value: unknown;
}

/** One edit of one scanned text. */
export class JsonEdit {
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
    let parent: Place | undefined;
    for (const [depth, step] of path.entries()) {
      const members = isContainer(this.#text, value) ? this.#scanner.members(value.start) : [];
      const index = members.findIndex(({ name }, position) => (name ?? position) === step);
      const member = members[index];
      if (member === undefined) return { value, rest: path.slice(depth), parent };
      parent = { container: value, members, index };
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

  remove({ container, members, index }: Place): string {
    const text = this.#text;
    const [member, previous, next] = [members[index], members[index - 1], members[index + 1]];
    if (member !== undefined && next !== undefined) return splice(text, member.start, next.start);
    if (member !== undefined && previous !== undefined) {
      return splice(text, previous.value.end, member.value.end);
    }
    return splice(text, container.start + 1, container.end - 1);
  }

  keep(array: JsonSpan, keep: (position: number) => boolean): string {
    const text = this.#text;
    const members = this.#scanner.members(array.start);
    const last = members.findLastIndex((_, position) => keep(position));
    if (last < 0) return splice(text, array.start + 1, array.end - 1);
    const kept = members.slice(0, last + 1).map(({ start, value }, position) => {
      if (!keep(position)) return "";
      return text.slice(start, position === last ? value.end : members[position + 1]?.start);
    });
    return text.slice(0, members[0]?.start) + kept.join("") + text.slice(members.at(-1)?.value.end);
  }

  items(path: JsonPath): readonly string[] {
    const { value, rest } = this.find(path);
    if (rest.length > 0 || this.isNull(value)) return [];
    return this.#itemsOf(value, path).map(({ value }) => this.#text.slice(value.start, value.end));
  }

  /** The new items stand as the old ones did: with their white space around and between them. */
  setItems(path: JsonPath, items: readonly string[]): string {
    const { value: array } = this.find(path);
    const before = this.#itemsOf(array, path);
    const [start, end] = [array.start + 1, array.end - 1];
    if (items.length === 0) return splice(this.#text, start, end);
    const lead = this.#text.slice(start, before[0]?.start ?? start);
    const tail = this.#text.slice(before.at(-1)?.value.end ?? end, end);
    const gap = gapAfter(this.#text, before, this.#style());
    return splice(this.#text, start, end, lead + items.join(`,${gap}`) + tail);
  }

  #itemsOf(array: JsonSpan, path: JsonPath): readonly JsonMember[] {
    if (this.#text[array.start] === "[") return this.#scanner.members(array.start);
    throw new DocumentError(`Cannot list ${formatJsonPath(path)}: expected an array`);
  }

  insert(container: JsonSpan, entries: readonly Entry[]): string {
    const style = this.#style();
    const members = this.#scanner.members(container.start);
    const last = members.at(-1);
    if (last === undefined) return this.#fill(container, entries, style);
    const gap = gapAfter(this.#text, members, style);
    const colon = colonOf(this.#text, last, style.colon);
    const added = entries.map((entry) => `,${gap}${writeEntry(entry, gap, { ...style, colon })}`);
    return splice(this.#text, last.value.end, last.value.end, added.join(""));
  }

  #fill(container: JsonSpan, entries: readonly Entry[], style: JsonStyle): string {
    const { unit, newline } = style;
    const outer = unit === undefined ? "" : newline + indentAt(this.#text, container.start);
    const gap = unit === undefined ? "" : outer + unit;
    const added = entries.map((entry) => gap + writeEntry(entry, gap, style));
    return splice(this.#text, container.start + 1, container.end - 1, added.join(",") + outer);
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
