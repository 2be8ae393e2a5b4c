import { DocumentError } from "../errors.ts";
import { formatJsonPath } from "./json_path.ts";
import { MAX_JSON_DEPTH } from "./limits.ts";

/** Where a value stands in the text of a document. */
export interface JsonSpan {
  /** Offset of its first character. */
  readonly start: number;
  /** Offset after its last character. */
  readonly end: number;
}

/** Where a member of an object, or an item of an array, stands. */
export interface JsonMember {
  /** The name, unescaped; absent for an item of an array. */
  readonly name?: string;
  /** Offset of the name's opening quote, or of the item. */
  readonly start: number;
  /** Offset after the name's closing quote, or of the item. */
  readonly nameEnd: number;
  /** The value. */
  readonly value: JsonSpan;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;

/**
 * Walks the text of a JSON document and says where its parts stand.
 *
 * It is stricter than `JSON.parse`: an object may not name a member twice, and nesting has a limit.
 * It keeps nothing but the members that were asked for, so a hostile document costs no memory.
 */
export class JsonScanner {
  readonly #text: string;
  readonly #document: string;
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string, document: string) {
    this.#text = text;
    this.#document = document;
  }

  /** Walks the whole document and says where its one value stands. */
  scan(): JsonSpan {
    if (this.#text.startsWith("\uFEFF")) throw this.#unexpected("no byte order mark");
    if (!this.#text.isWellFormed()) {
      throw this.#failure("whole characters", "half a surrogate pair");
    }
    this.#skipSpace();
    const root = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected("nothing after the document");
    return root;
  }

  /** The members of the object or array at `start`, in their order, within a scanned document. */
  members(start: number): readonly JsonMember[] {
    const members: JsonMember[] = [];
    this.#at = start;
    this.#container((member) => members.push(member));
    return members;
  }

  #value(): JsonSpan {
    const start = this.#at;
    const first = this.#text[start];
    if (first === "{" || first === "[") this.#container();
    else if (first === '"') this.#string();
    else if (!this.#skip(NUMBER) && !this.#skip(WORD)) throw this.#unexpected("a JSON value");
    return { start, end: this.#at };
  }

  #container(visit?: (member: JsonMember) => void): void {
    if (this.#path.length >= MAX_JSON_DEPTH) {
      throw this.#unexpected(`at most ${MAX_JSON_DEPTH} levels of nesting`);
    }
    const isObject = this.#text[this.#at] === "{";
    const close = isObject ? "}" : "]";
    const names = new Set<string>();
    this.#at++;
    this.#skipSpace();
    for (let count = 0; this.#text[this.#at] !== close; count++) {
      if (count > 0) this.#separator(close);
      const member = isObject ? this.#member(names) : this.#item(count);
      visit?.(member);
      this.#skipSpace();
    }
    this.#at++;
  }

  #separator(close: string): void {
    if (this.#text[this.#at] !== ",") throw this.#unexpected(`"," or "${close}"`);
    this.#at++;
    this.#skipSpace();
  }

  #member(names: Set<string>): JsonMember {
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.#unexpected("a name in double quotes");
    const name = this.#string();
    if (names.has(name)) {
      throw this.#failure("every name once in an object", `${JSON.stringify(name)} again`);
    }
    names.add(name);
    const nameEnd = this.#at;
    this.#skipSpace();
    if (this.#text[this.#at] !== ":") throw this.#unexpected('":"');
    this.#at++;
    this.#skipSpace();
    return { name, start, nameEnd, value: this.#within(name) };
  }

  #item(position: number): JsonMember {
    const start = this.#at;
    return { start, nameEnd: start, value: this.#within(position) };
  }

  #within(step: string | number): JsonSpan {
    this.#path.push(step);
    const value = this.#value();
    this.#path.pop();
    return value;
  }

  #string(): string {
    const start = this.#at++;
    let escaped = false;
    let code = this.#text.charCodeAt(this.#at);
    while (code !== QUOTE) {
      if (code === BACKSLASH) {
        if (!this.#skip(ESCAPE)) throw this.#unexpected("an escape sequence that JSON has");
        escaped = true;
      } else if (code >= FIRST_PRINTABLE) {
        this.#at++;
      } else {
        throw this.#unexpected("a closing quote");
      }
      code = this.#text.charCodeAt(this.#at);
    }
    this.#at++;
    return escaped
      ? JSON.parse(this.#text.slice(start, this.#at))
      : this.#text.slice(start + 1, this.#at - 1);
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  #skipSpace(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at];
      if (character !== " " && character !== "\n" && character !== "\r" && character !== "\t") {
        return;
      }
    }
  }

  #unexpected(expected: string): DocumentError {
    const character = this.#text.codePointAt(this.#at);
    return this.#failure(
      expected,
      character === undefined
        ? "the end of the document"
        : JSON.stringify(String.fromCodePoint(character)),
    );
  }

  #failure(expected: string, got: string): DocumentError {
    const lines = this.#text.slice(0, this.#at).split("\n");
    const column = (lines.at(-1) ?? "").length + 1;
    return new DocumentError(
      `Cannot read ${this.#document}: expected ${expected}, got ${got} ` +
        `at line ${lines.length}, column ${column} (in ${formatJsonPath(this.#path)})`,
    );
  }
}
