import { UnsupportedError } from "../errors.ts";
import type { Compression } from "../oci/media_type.ts";
import { abortable } from "./abortable.ts";
import { cutStream } from "./block_source.ts";
import { compressBlocks, type CompressBlocksOptions } from "./compress_blocks.ts";

/** What does the work of {@linkcode compress}. */
export type CompressionEngine = "native" | "web";

/** Options of {@linkcode compress}. */
export interface CompressOptions {
  /** The format; `gzip` unless asked otherwise. `none` passes the bytes on. */
  readonly compression?: Compression;
  /** How hard to try: 1 to 9 for gzip, 6 unless said; 1 to 19 for zstd, 3 unless said. */
  readonly level?: number;
  /**
   * `native`, the default, uses `node:zlib` and several cores, and gives the same bytes whatever
   * their number. `web` is the runtime's `CompressionStream`: gzip only, at a level of its own.
   */
  readonly engine?: CompressionEngine;
  /**
   * The most workers of the native engine: the number of cores, up to 16, unless said. With 0 the
   * calling thread does the work. A second of two blocks starts the first worker.
   */
  readonly workers?: number;
  /** Fails the stream with its reason and cancels the source. */
  readonly signal?: AbortSignal;
}

const MAX_DEFAULT_WORKERS = 16;
const LEVELS = { gzip: { most: 9, usual: 6 }, zstd: { most: 19, usual: 3 } } as const;

/**
 * Compresses a stream. With the native engine the bytes depend on the input, the format and the
 * level alone: not on how the input was chunked, nor on the number of workers.
 *
 * gzip is one member without name or time; zstd is a row of independent frames with checksums.
 * Memory stays flat: a few blocks of 1 MiB (gzip) or 4 MiB (zstd) for each worker.
 *
 * @throws {RangeError} When the level or the number of workers is out of its range.
 * @throws {UnsupportedError} When the web engine is asked for zstd.
 * @example
 * ```ts
 * import { compress, decompress, readAll } from "@davit/davit/stream";
 *
 * const compressed = compress(ReadableStream.from([new Uint8Array(5000)]), { level: 9 });
 * const bytes = await readAll(decompress(compressed), { maxBytes: 5000, what: "zeros" });
 * console.assert(bytes.length === 5000);
 * ```
 */
export function compress(
  source: ReadableStream<Uint8Array>,
  options: CompressOptions = {},
): ReadableStream<Uint8Array> {
  return compressor(options)(source);
}

/**
 * Checks the options at once, for streams that come later.
 *
 * @throws {RangeError | UnsupportedError} As {@linkcode compress} does.
 */
export function compressor(
  options: CompressOptions,
): (source: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array> {
  const { compression = "gzip", engine = "native", signal } = options;
  if (compression === "none") return (source) => abortable(source, signal);
  if (engine === "web") {
    refuseByWeb(compression);
    return (source) => abortable(compressByWeb(source), signal);
  }
  const how = nativeOptions(options);
  return (source) => abortable(compressBlocks(cutStream(source), how), signal);
}

/**
 * Checks the options of the native engine, and says what they leave open.
 *
 * @throws {RangeError} As {@linkcode compress} does.
 */
export function nativeOptions(options: CompressOptions): CompressBlocksOptions {
  const { compression = "gzip", workers = defaultWorkers() } = options;
  checkRange("number of workers", workers, 0, 1024);
  if (compression === "none") return { compression, level: 0, workers };
  const { most, usual } = LEVELS[compression];
  const { level = usual } = options;
  checkRange(`${compression} level`, level, 1, most);
  return { compression, level, workers };
}

function refuseByWeb(compression: Compression): void {
  if (compression === "gzip") return;
  throw new UnsupportedError(
    `Cannot compress: expected "gzip" for the engine "web", got "${compression}"; use "native"`,
  );
}

function compressByWeb(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return source.pipeThrough(
    new CompressionStream("gzip") as TransformStream<Uint8Array, Uint8Array>,
  );
}

function defaultWorkers(): number {
  return Math.min(navigator.hardwareConcurrency, MAX_DEFAULT_WORKERS);
}

function checkRange(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`Cannot compress: expected a ${what} of ${least} to ${most}, got ${value}`);
}
