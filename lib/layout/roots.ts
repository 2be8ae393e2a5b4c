import { ANNOTATION } from "../oci/annotations.ts";
import { type Descriptor, parseDescriptor, readDescriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { decodeJson } from "../oci/decode_json.ts";
import { DocumentField } from "../oci/document_field.ts";
import { removeJson, setJson } from "../oci/json.ts";
import { JsonScanner } from "../oci/json_scanner.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";

/** One entry of an `index.json`. */
export interface Root {
  /** The entry, as far as davit reads it. */
  readonly descriptor: Descriptor;
  /** Its `org.opencontainers.image.ref.name`. */
  readonly name: string | undefined;
  /** The entry as it stands in the file, with everything davit does not know. */
  readonly text: string;
}

/** What becomes of a root that loses its last name. */
export interface NamelessOptions {
  /** Whether it stays as a root without a name, as in a registry; else it is a root no more. */
  readonly keepNameless: boolean;
}

const NAME_PATH = ["annotations", ANNOTATION.refName] as const;
const EMPTY = `{"schemaVersion":2,"mediaType":"${MEDIA_TYPE.ociIndex}","manifests":[]}`;

/**
 * The roots of a layout: an `index.json` as an immutable value. An edit is a new value in which
 * every other entry keeps its text, so nothing unknown is lost.
 */
export class Roots implements Iterable<Root> {
  readonly #before: string;
  readonly #gap: string;
  readonly #entries: readonly Root[];
  readonly #after: string;
  #byName: ReadonlyMap<string, Root> | undefined;
  #byDigest: ReadonlyMap<Digest, Root> | undefined;

  private constructor(before: string, gap: string, entries: readonly Root[], after: string) {
    this.#before = before;
    this.#gap = gap;
    this.#entries = entries;
    this.#after = after;
  }

  /**
   * Reads an `index.json`.
   *
   * @param name What errors call it.
   * @throws {DocumentError} When it is no OCI index.
   */
  static parse(source: string | Uint8Array, name = "index.json"): Roots {
    const text = typeof source === "string" ? source : decodeJson(source, name);
    const scanner = new JsonScanner(text, name);
    const root = scanner.scan();
    const document = new DocumentField(name, JSON.parse(text));
    const version = document.member("schemaVersion");
    if (version.integer() !== 2) throw version.unexpected("2");
    const descriptors = document.member("manifests").items(Infinity).map(readDescriptor);
    const list = scanner.members(root.start).find(({ name }) => name === "manifests");
    if (list === undefined || !document.member("manifests").isPresent) {
      return Roots.parse(setJson(text, ["manifests"], []), name);
    }
    const entries = scanner.members(list.value.start).map(({ value }, position) => ({
      span: value,
      descriptor: descriptors[position],
    }));
    const start = list.value.start + 1;
    const end = entries.at(-1)?.span.end ?? start;
    return new Roots(
      text.slice(0, start),
      text.slice(start, entries[0]?.span.start ?? start),
      entries.flatMap(({ span, descriptor }) =>
        descriptor === undefined ? [] : [rootOf(descriptor, text.slice(span.start, span.end))]
      ),
      text.slice(end),
    );
  }

  /** The roots of a new layout: none. */
  static empty(): Roots {
    return Roots.parse(EMPTY);
  }

  /** The text of the `index.json`. */
  format(): string {
    const entries = this.#entries.map(({ text }) => this.#gap + text).join(",");
    return this.#before + entries + this.#after;
  }

  /** The entries, in their order. */
  [Symbol.iterator](): Iterator<Root> {
    return this.#entries.values();
  }

  /** The first entry of a name: its `ref.name`, or else the full name containerd gives it. */
  named(name: string): Root | undefined {
    this.#byName ??= indexBy(this.#entries, namesOf);
    return this.#byName.get(name);
  }

  /** The first entry of a digest. */
  of(digest: Digest): Root | undefined {
    this.#byDigest ??= indexBy(this.#entries, ({ descriptor }) => [descriptor.digest]);
    return this.#byDigest.get(digest);
  }

  /**
   * Makes something a root under the names, which leave whatever had them before. Without names, it
   * becomes a nameless root unless it is a root already.
   */
  with(descriptor: Descriptor, names: readonly string[], options: NamelessOptions): Roots {
    if (names.length === 0) {
      if (this.of(descriptor.digest) !== undefined) return this;
      return this.#edited([...this.#entries, describe(descriptor, undefined)]);
    }
    return names.reduce<Roots>((roots, name) => roots.#named(descriptor, name, options), this);
  }

  /** Takes a name away from what has it. */
  withoutName(name: string, options: NamelessOptions): Roots {
    return this.#edited(this.#entries.flatMap((root) => {
      if (root.name !== name) return [root];
      return options.keepNameless && this.#hasNoOther(root) ? [renamed(root, undefined)] : [];
    }));
  }

  /** Takes a digest out, with all its names. */
  withoutDigest(digest: Digest): Roots {
    return this.#edited(this.#entries.filter(({ descriptor }) => descriptor.digest !== digest));
  }

  #named(descriptor: Descriptor, name: string, options: NamelessOptions): Roots {
    const holder = this.#entries.find((root) => root.name === name);
    if (holder?.descriptor.digest === descriptor.digest) return this;
    const { digest } = descriptor;
    const entries = [...(holder === undefined ? this : this.withoutName(name, options)).#entries];
    const nameless = entries.findIndex((root) =>
      root.name === undefined && root.descriptor.digest === digest
    );
    const found = entries[nameless];
    if (found === undefined) entries.push(describe(descriptor, name));
    else entries[nameless] = renamed(found, name);
    return this.#edited(entries);
  }

  #hasNoOther(root: Root): boolean {
    return !this.#entries.some((other) =>
      other !== root && other.descriptor.digest === root.descriptor.digest
    );
  }

  #edited(entries: readonly Root[]): Roots {
    return new Roots(this.#before, this.#gap, entries, this.#after);
  }
}

function indexBy<K>(
  entries: readonly Root[],
  keysOf: (root: Root) => readonly K[],
): ReadonlyMap<K, Root> {
  const index = new Map<K, Root>();
  for (const root of entries) {
    for (const key of keysOf(root)) if (!index.has(key)) index.set(key, root);
  }
  return index;
}

function namesOf({ name, descriptor }: Root): readonly string[] {
  const full = descriptor.annotations?.[ANNOTATION.containerdImageName];
  return [name, full].filter((text) => text !== undefined);
}

function rootOf(descriptor: Descriptor, text: string): Root {
  return { descriptor, name: descriptor.annotations?.[ANNOTATION.refName], text };
}

/** Writes an entry. Names that the descriptor brings from another place are not this place's. */
function describe(descriptor: Descriptor, name: string | undefined): Root {
  const { annotations, ...rest } = descriptor;
  const kept = Object.entries(annotations ?? {}).filter(([key]) =>
    key !== ANNOTATION.refName && key !== ANNOTATION.containerdImageName
  );
  if (name !== undefined) kept.push([ANNOTATION.refName, name]);
  const entry: Descriptor = kept.length === 0
    ? rest
    : { ...rest, annotations: Object.fromEntries(kept) };
  return rootOf(entry, JSON.stringify(entry));
}

function renamed({ text }: Root, name: string | undefined): Root {
  const edited = name === undefined ? unnamed(text) : setJson(text, NAME_PATH, name);
  return rootOf(parseDescriptor(JSON.parse(edited)), edited);
}

function unnamed(text: string): string {
  const edited = removeJson(text, NAME_PATH);
  const { annotations = {} } = parseDescriptor(JSON.parse(edited));
  return Object.keys(annotations).length === 0 ? removeJson(edited, ["annotations"]) : edited;
}
