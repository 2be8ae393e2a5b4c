import { TarError } from "../errors.ts";
import {
  BLOCK_SIZE,
  checksumOf,
  FIELD,
  isZeroBlock,
  paddingOf,
  signedChecksumOf,
} from "./block.ts";
import type { TarHeader } from "./entry.ts";
import { isExtension, MAX_EXTENSION_BYTES, PendingExtensions } from "./extensions.ts";
import { readHeader, readSize, typeFlagOf } from "./header.ts";
import { readNumber } from "./number.ts";

/** What {@linkcode TarReader} finds in a tar, in the order of its bytes. */
export type TarEvent = TarEntryEvent | TarBodyEvent | TarEndEvent;

/** An entry begins; its body follows as {@linkcode TarBodyEvent}s of `header.size` bytes in all. */
export interface TarEntryEvent {
  /** Which event this is. */
  readonly kind: "entry";
  /** What the entry is. */
  readonly header: TarHeader;
  /** Where its body begins in the tar. */
  readonly offset: number;
  /** Where the entry begins in the tar: the first of its headers, extension headers included. */
  readonly headerOffset: number;
}

/** Some bytes of the body of the last entry. */
export interface TarBodyEvent {
  /** Which event this is. */
  readonly kind: "body";
  /** A view of the bytes that were pushed: copy it to keep it. */
  readonly bytes: Uint8Array;
}

/** The zero blocks that end a tar were read; whatever follows is ignored. */
export interface TarEndEvent {
  /** Which event this is. */
  readonly kind: "end";
}

/** What the next byte belongs to. */
type Phase = "header" | "extension" | "body" | "padding" | "end";

/** An extension header whose body is being read. */
interface OpenExtension {
  readonly flag: string;
  readonly start: number;
  readonly body: Uint8Array;
}

/**
 * Reads a tar as its bytes come, in pieces of any size: ustar, PAX, GNU and the old v7.
 *
 * It does no I/O and keeps no more than one header. Sparse files, volumes and unknown types are
 * refused; so is whatever two readers could read in two ways.
 *
 * @example
 * ```ts
 * import { encodeHeader, END_OF_ARCHIVE, TarReader } from "@davit/davit/tar";
 *
 * const reader = new TarReader();
 * const header = { type: "directory", name: "etc/", size: 0, mode: 0o755, uid: 0, gid: 0, mtime: 0 } as const;
 * const names = [];
 * for (const bytes of [encodeHeader(header), END_OF_ARCHIVE]) {
 *   for (const event of reader.push(bytes)) {
 *     if (event.kind === "entry") names.push(event.header.name);
 *   }
 * }
 * reader.finish();
 * console.assert(names[0] === "etc/");
 * ```
 */
export class TarReader {
  #phase: Phase = "header";
  /** Bytes of the phase that have not come yet. */
  #remaining = BLOCK_SIZE;
  #offset = 0;
  #padding = 0;
  #hasZeroBlock = false;
  #extension: OpenExtension = { flag: "", start: 0, body: new Uint8Array() };
  readonly #block = new Uint8Array(BLOCK_SIZE);
  readonly #pending = new PendingExtensions();

  /**
   * Reads the next piece. Exhaust what it gives before the next call.
   *
   * @throws {TarError} When the tar breaks its format: the reader is of no use from there on.
   */
  *push(bytes: Uint8Array): Generator<TarEvent, void> {
    for (let at = 0; at < bytes.length && this.#phase !== "end";) {
      const start = at;
      const length = Math.min(this.#remaining, bytes.length - at);
      at += length;
      this.#offset += length;
      this.#remaining -= length;
      const isComplete = this.#remaining === 0;
      if (this.#phase === "body") {
        if (isComplete) this.#enterPadding();
        yield { kind: "body", bytes: bytes.subarray(start, at) };
      } else if (this.#phase === "padding") {
        if (isComplete) this.#enter("header", BLOCK_SIZE);
      } else if (this.#phase === "extension") {
        this.#fillExtension(bytes.subarray(start, at));
      } else if (length === BLOCK_SIZE) {
        const event = this.#readBlock(bytes, start);
        if (event !== undefined) yield event;
      } else {
        this.#block.set(bytes.subarray(start, at), BLOCK_SIZE - this.#remaining - length);
        const event = isComplete ? this.#readBlock(this.#block, 0) : undefined;
        if (event !== undefined) yield event;
      }
    }
  }

  /**
   * Says that no more bytes come. The zero blocks at the end may be missing, as Go and GNU allow.
   *
   * @throws {TarError} When the tar stops inside an entry.
   */
  finish(): void {
    if (this.#phase === "end") return;
    const isBetween = this.#phase === "header" && this.#remaining === BLOCK_SIZE;
    if (isBetween && this.#pending.start === undefined) return;
    throw new TarError(
      isBetween
        ? "Cannot read tar: expected the entry of an extension header, got the end"
        : `Cannot read tar: expected ${this.#remaining} more bytes of ${this.#phase}, got the end`,
      this.#offset,
    );
  }

  #readBlock(block: Uint8Array, at: number): TarEvent | undefined {
    const start = this.#offset - BLOCK_SIZE;
    if (isZeroBlock(block, at)) return this.#readZeroBlock(start);
    if (this.#hasZeroBlock) {
      throw new TarError("Cannot read tar: expected a second zero block, got a header", start);
    }
    verifyChecksum(block, at, start);
    const flag = typeFlagOf(block, at);
    if (isExtension(flag)) {
      this.#openExtension(flag, readSize(block, at, start), start);
      return undefined;
    }
    const headerOffset = this.#pending.start ?? start;
    const header = readHeader(block, at, this.#pending.take(), start);
    this.#padding = paddingOf(header.size);
    if (header.size > 0) this.#enter("body", header.size);
    else this.#enter("header", BLOCK_SIZE);
    return { kind: "entry", header, offset: this.#offset, headerOffset };
  }

  #readZeroBlock(start: number): TarEndEvent | undefined {
    if (this.#pending.start !== undefined) {
      throw new TarError(
        "Cannot read tar: expected the entry of an extension header, got a zero block",
        start,
      );
    }
    if (this.#hasZeroBlock) {
      this.#enter("end", 0);
      return { kind: "end" };
    }
    this.#hasZeroBlock = true;
    this.#enter("header", BLOCK_SIZE);
    return undefined;
  }

  #openExtension(flag: string, size: number, start: number): void {
    if (size > MAX_EXTENSION_BYTES) {
      throw new TarError(
        `Cannot read extension header ${JSON.stringify(flag)}: expected at most ` +
          `${MAX_EXTENSION_BYTES} bytes, got ${size}`,
        start,
      );
    }
    this.#extension = { flag, start, body: new Uint8Array(size) };
    this.#padding = paddingOf(size);
    this.#enter("extension", size);
    if (size === 0) this.#fillExtension(new Uint8Array());
  }

  /** Takes bytes of an extension header's body, of which `#remaining` are still to come. */
  #fillExtension(bytes: Uint8Array): void {
    const { flag, start, body } = this.#extension;
    body.set(bytes, body.length - this.#remaining - bytes.length);
    if (this.#remaining > 0) return;
    this.#pending.add(flag, body, start, this.#offset - body.length);
    this.#enterPadding();
  }

  #enterPadding(): void {
    if (this.#padding > 0) this.#enter("padding", this.#padding);
    else this.#enter("header", BLOCK_SIZE);
  }

  #enter(phase: Phase, length: number): void {
    this.#phase = phase;
    this.#remaining = length;
  }
}

function verifyChecksum(block: Uint8Array, at: number, offset: number): void {
  const stored = readNumber(block, at, FIELD.checksum);
  const sum = checksumOf(block, at);
  if (stored === sum || stored === signedChecksumOf(block, at)) return;
  const hint = offset === 0 ? "; this is no tar, or a compressed one" : "";
  throw new TarError(
    `Cannot read tar header: expected checksum ${sum}, got ${stored}${hint}`,
    offset,
  );
}
