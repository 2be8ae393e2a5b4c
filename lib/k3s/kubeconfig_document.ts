import type { Document, YAMLMap, YAMLSeq } from "yaml";
import { AlreadyExistsError, FileError } from "../errors.ts";

/** The lists of a kubeconfig, and what each calls the thing that it lists. */
export const KUBECONFIG_LISTS = {
  clusters: "cluster",
  contexts: "context",
  users: "user",
} as const;

/** The name of a list. */
export type KubeconfigList = keyof typeof KUBECONFIG_LISTS;

const EMPTY = `apiVersion: v1
kind: Config
clusters: []
contexts: []
current-context: ""
preferences: {}
users: []
`;

/** A kubeconfig that can be edited without losing comments, order, or keys that nobody here knows. */
export class KubeconfigDocument {
  readonly #document: Document;
  readonly #yaml: typeof import("yaml");
  /** Whether lists stand further in than their keys: kubectl writes them level. */
  readonly #isIndented: boolean;

  private constructor(document: Document, yaml: typeof import("yaml"), text: string) {
    this.#document = document;
    this.#yaml = yaml;
    this.#isIndented = /^(?:clusters|contexts|users):[^\S\n]*\n[^\S\n]+-/m.test(text);
  }

  /**
   * Reads a kubeconfig; of nothing, an empty one is made.
   *
   * @param path How messages name it.
   * @throws {FileError} When it is no YAML, or no mapping.
   */
  static async parse(text: string, path: string): Promise<KubeconfigDocument> {
    const yaml = await import("yaml");
    const source = text.trim() === "" ? EMPTY : text;
    // in this schema all is text, and stays as it was written
    const document = yaml.parseDocument(source, { schema: "failsafe", prettyErrors: false });
    const [broken] = document.errors;
    if (broken !== undefined || !yaml.isMap(document.contents)) {
      const why = broken?.message ?? "expected a mapping";
      throw new FileError(`Cannot read "${path}" as a kubeconfig: ${why}`, path);
    }
    return new KubeconfigDocument(document, yaml, source);
  }

  /** The context that kubectl uses unless it is told another; empty for none. */
  get currentContext(): string {
    return String(this.#document.get("current-context") ?? "");
  }

  set currentContext(name: string) {
    const scalar = this.#document.get("current-context", true);
    if (this.#yaml.isScalar(scalar)) {
      scalar.value = name;
      scalar.type = name === "" ? "QUOTE_DOUBLE" : "PLAIN";
    } else {
      this.#document.set("current-context", name);
    }
  }

  /** Whether a list has an entry of that name. */
  has(list: KubeconfigList, name: string): boolean {
    return this.#find(list, name) >= 0;
  }

  /**
   * Adds all entries of another kubeconfig, in the place of those of the same name.
   *
   * @param overwrite Whether those may be replaced.
   * @throws {AlreadyExistsError} When they may not; nothing is changed then.
   */
  merge(other: KubeconfigDocument, { overwrite }: { readonly overwrite: boolean }): void {
    const lists = Object.keys(KUBECONFIG_LISTS) as KubeconfigList[];
    for (const list of overwrite ? [] : lists) {
      const taken = other.#names(list).find((name) => this.has(list, name));
      if (taken !== undefined) throw new AlreadyExistsError(`${KUBECONFIG_LISTS[list]} ${taken}`);
    }
    for (const list of lists) {
      for (const item of other.#list(list).items) this.#set(list, item as YAMLMap);
    }
  }

  /** Removes an entry, and says whether there was one. */
  remove(list: KubeconfigList, name: string): boolean {
    const index = this.#find(list, name);
    if (index >= 0) this.#list(list).delete(index);
    return index >= 0;
  }

  /** Writes the text, with long values on one line. */
  format(): string {
    return this.#document.toString({ lineWidth: 0, indentSeq: this.#isIndented });
  }

  #names(list: KubeconfigList): readonly string[] {
    return this.#list(list).items.map((item) => String((item as YAMLMap).get("name")));
  }

  #find(list: KubeconfigList, name: string): number {
    return this.#names(list).indexOf(name);
  }

  #set(list: KubeconfigList, item: YAMLMap): void {
    const items = this.#list(list);
    const index = this.#find(list, String(item.get("name")));
    const node = this.#document.createNode(item.toJSON());
    if (index >= 0) items.set(index, node);
    else items.add(node);
  }

  /** The list, which is made when it is missing or `null`. */
  #list(name: KubeconfigList): YAMLSeq {
    const found = this.#document.get(name);
    if (this.#yaml.isSeq(found)) {
      if (found.items.length === 0) found.flow = false;
      return found;
    }
    const made = new this.#yaml.YAMLSeq();
    this.#document.set(name, made);
    return made;
  }
}
