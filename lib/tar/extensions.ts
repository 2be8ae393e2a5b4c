import { TarError } from "../errors.ts";
import type { Extensions } from "./header.ts";
import { parsePax, type PaxRecords } from "./pax.ts";
import { decodeText } from "./text.ts";

/** The most bytes that one extension header may hold: names, links, extended attributes. */
export const MAX_EXTENSION_BYTES: number = 1024 * 1024;

const EXTENSION_FLAGS = "gxXLK";

/** What a global header may not say: it would give every later entry the same. */
const ENTRY_KEYS = ["path", "linkPath", "size", "xattrs"] as const;

const NONE: Extensions = { pax: {} };

/** Says whether a type flag marks a header that speaks of entries to come. */
export function isExtension(flag: string): boolean {
  return EXTENSION_FLAGS.includes(flag);
}

/** Gathers what extension headers say until the entry comes that they speak of. */
export class PendingExtensions {
  #global: PaxRecords | undefined;
  #own: { pax?: PaxRecords; longName?: string; longLink?: string } = {};
  #start: number | undefined;

  /** Where the first header lies that still waits for its entry. */
  get start(): number | undefined {
    return this.#start;
  }

  /**
   * Adds the body of an extension header.
   *
   * @param start Where its header lies in the tar. @param offset Where its body does.
   * @throws {TarError} When it is malformed, or says again what was said of the same entry.
   */
  add(flag: string, body: Uint8Array, start: number, offset: number): void {
    if (flag === "g") return this.#addGlobal(body, start, offset);
    this.#start ??= start;
    const own = this.#own;
    if (flag === "L") {
      refuseSecond(own.longName, "long name", start);
      own.longName = readLongName(body, offset);
    } else if (flag === "K") {
      refuseSecond(own.longLink, "long link", start);
      own.longLink = readLongName(body, offset);
    } else {
      refuseSecond(own.pax, "PAX header", start);
      own.pax = parsePax(body, offset);
    }
    refuseSecond(own.longName && own.pax?.path, "long name", start);
    refuseSecond(own.longLink && own.pax?.linkPath, "long link", start);
  }

  /** Gives what was gathered to an entry, and forgets it; what is global stays. */
  take(): Extensions {
    if (this.#start === undefined && this.#global === undefined) return NONE;
    const taken = { ...this.#own, pax: { ...this.#global, ...this.#own.pax } };
    this.#own = {};
    this.#start = undefined;
    return taken;
  }

  #addGlobal(body: Uint8Array, start: number, offset: number): void {
    if (this.#start !== undefined) {
      throw new TarError(
        "Cannot read extension header: expected the entry it speaks of, got a global header",
        start,
      );
    }
    const { vendorRecords: _, ...records } = parsePax(body, offset);
    const key = ENTRY_KEYS.find((key) => records[key] !== undefined);
    if (key !== undefined) {
      throw new TarError(
        `Cannot read global header: expected what holds for all entries, got "${key}" for each`,
        start,
      );
    }
    this.#global = { ...this.#global, ...records };
  }
}

function refuseSecond(first: unknown, what: string, offset: number): void {
  if (first === undefined) return;
  throw new TarError(`Cannot read entry: expected one ${what} for it, got two`, offset);
}

/** GNU ends a long name with a NUL, and nothing follows it. */
function readLongName(body: Uint8Array, offset: number): string {
  const end = body.indexOf(0);
  const name = end === -1 ? body : body.subarray(0, end);
  if (name.length > 0 && body.subarray(name.length).every((byte) => byte === 0)) {
    return decodeText(name);
  }
  throw new TarError(
    `Cannot read long name: expected text and a NUL, got ${
      JSON.stringify(decodeText(body.subarray(0, 40)))
    }`,
    offset,
  );
}
