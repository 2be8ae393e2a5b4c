import type { Document, LineCounter, Scalar, YAMLParseError } from "yaml";
import { SpecError } from "../errors.ts";

/** What is wrong with a file, and where. */
export interface Explanation {
  /** The way to the value that is wrong. */
  readonly at: readonly PropertyKey[];
  /** The key that is wrong there, when it is not the value. */
  readonly key?: string;
  /** What was expected, and what stands there. */
  readonly message: string;
}

/** A YAML file that was read, and can tell where in it something stands. */
export class YamlFile {
  /** How messages name the file. */
  readonly path: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  private constructor(path: string, document: Document, lines: LineCounter) {
    this.path = path;
    this.#document = document;
    this.#lines = lines;
  }

  /**
   * Reads a YAML file; JSON is YAML too.
   *
   * @param text Its content. @param path How messages name it.
   * @throws {SpecError} When it is no YAML: with line and column.
   * @example
   * ```ts
   * import { YamlFile } from "@davit/davit/yaml";
   *
   * const file = await YamlFile.parse("a: 1\n", "a.yaml");
   * console.assert(JSON.stringify(file.value) === '{"a":1}');
   * ```
   */
  static async parse(text: string, path: string): Promise<YamlFile> {
    const { LineCounter, parseDocument } = await import("yaml");
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const [broken] = document.errors;
    if (broken === undefined) return new YamlFile(path, document, lines);
    throw refusal(path, lines, broken);
  }

  /**
   * Reads a YAML file of several documents, with `---` between them. Empty ones are left out.
   *
   * @param text Its content. @param path How messages name it.
   * @throws {SpecError} When it is no YAML: with line and column.
   */
  static async parseAll(text: string, path: string): Promise<readonly YamlFile[]> {
    const { LineCounter, parseAllDocuments } = await import("yaml");
    const lines = new LineCounter();
    const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
    if (!Array.isArray(documents)) return [];
    const broken = documents.flatMap(({ errors }) => errors)[0];
    if (broken !== undefined) throw refusal(path, lines, broken);
    return documents
      .map((document) => new YamlFile(path, document, lines))
      .filter(({ value }) => value !== null);
  }

  /** What the file says; aliases that would blow it up are refused. */
  get value(): unknown {
    return this.#document.toJS({ maxAliasCount: 100 });
  }

  /**
   * Replaces the text of values, not that of keys. A value without quotes becomes what its new text
   * means: a number, true.
   *
   * @param map Gives the new text; what it throws as a `RangeError` is told with line and column.
   * @throws {SpecError} When it does.
   */
  async mapText(map: (text: string) => string): Promise<void> {
    const { parse, visit } = await import("yaml");
    visit(this.#document, {
      Scalar: (key, scalar) => {
        if (key === "key" || typeof scalar.value !== "string") return;
        const text = this.#tryMap(scalar, map);
        if (text !== scalar.value) {
          scalar.value = scalar.type === "PLAIN" ? parsePlain(text, parse) : text;
        }
      },
    });
  }

  /** The error for something in the file that cannot be used: with its line and column. */
  async refuse(explanation: Explanation): Promise<SpecError> {
    const { positionOf } = await import("./yaml_position.ts");
    const where = positionOf(this.#document, this.#lines, explanation);
    return new SpecError(`Cannot use ${this.path}${where}: ${explanation.message}`);
  }

  #tryMap(scalar: Scalar, map: (text: string) => string): string {
    try {
      return map(String(scalar.value));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const { line, col } = this.#lines.linePos(scalar.range?.[0] ?? 0);
      throw new SpecError(`Cannot use ${this.path}:${line}:${col}: ${error.message}`);
    }
  }
}

function refusal(path: string, lines: LineCounter, { pos, message }: YAMLParseError): SpecError {
  const { line, col } = lines.linePos(pos[0]);
  return new SpecError(`Cannot read ${path}:${line}:${col}: ${message}`);
}

/** What text means without quotes, as long as it is a single value. */
function parsePlain(text: string, parse: (text: string) => unknown): unknown {
  if (!/^(?:[-+.\d][-+.\w]*|true|false|null|)$/.test(text)) return text;
  return parse(text);
}
