import { CompressionError, LimitExceededError } from "../errors.ts";
import type { Compression } from "../oci/media_type.ts";
import { abortable } from "./abortable.ts";
import type { Decoder } from "./decoder.ts";
import { openGzipDecoder } from "./gzip_decoder.ts";
import { limit } from "./limit.ts";
import { compressionOfBytes, MAGIC_LENGTH } from "./magic.ts";
import { PeekableReader } from "./peekable_reader.ts";
import { openZstdDecoder } from "./zstd_decoder.ts";

/** Options of {@linkcode decompress}. */
export interface DecompressOptions {
  /** What the bytes are promised to be; `auto`, the default, believes the bytes themselves. */
  readonly compression?: Compression | "auto";
  /** How errors name the content, such as `layer "sha256:…"`; not at all unless said. */
  readonly what?: string;
  /** The most bytes to give. No limit unless said: memory stays flat whatever comes. */
  readonly maxBytes?: number;
  /**
   * The most bytes to give for each byte that was read, held once a MiB has been given. Unless
   * said, {@linkcode MAX_RATIO} is held once {@linkcode RATIO_FREE_BYTES} have been given.
   */
  readonly maxRatio?: number;
  /**
   * How many bytes the source has, when that is known. Much gzip is then decompressed in a worker,
   * where the runtime has such; in this thread unless said.
   */
  readonly size?: number;
  /** Fails the stream with its reason and cancels the source. */
  readonly signal?: AbortSignal;
}

/** The decompression ratio that is held for huge content: real layers stay far below. */
export const MAX_RATIO = 200;

/**
 * The bytes that may come at any ratio. Honest content can be as dense as a bomb: a disk image of
 * zeros is 1030:1 in gzip and 30000:1 in zstd.
 */
export const RATIO_FREE_BYTES: number = 8 * 1024 ** 3;

const MIB: number = 1024 ** 2;

/**
 * Decompresses a stream: gzip with any number of members, zstd with any number of frames, or bytes
 * that are not compressed.
 *
 * Checksums are verified. What fails is damaged, truncated, followed by other bytes, or not what
 * `compression` promised. zstd frames with a dictionary, or a window over
 * {@linkcode MAX_ZSTD_WINDOW_BYTES}, are refused by name.
 *
 * @throws {CompressionError} Through the stream.
 * @throws {LimitExceededError} Through the stream, with the limit in bytes.
 * @example
 * ```ts
 * import { decompress, readAll } from "@davit/davit/stream";
 *
 * const plain = decompress(ReadableStream.from([new TextEncoder().encode("not compressed")]));
 * await readAll(plain, { maxBytes: 14, what: "text" });
 * ```
 */
export function decompress(
  source: ReadableStream<Uint8Array>,
  options: DecompressOptions = {},
): ReadableStream<Uint8Array> {
  const { maxBytes, signal } = options;
  const decoded = decode(source, options);
  const limited = maxBytes === undefined
    ? decoded
    : limit(decoded, maxBytes, "decompressed content");
  return abortable(limited, signal);
}

function decode(
  source: ReadableStream<Uint8Array>,
  options: DecompressOptions,
): ReadableStream<Uint8Array> {
  const { compression = "auto", maxRatio, size: sourceSize, what } = options;
  const reader = new PeekableReader(source);
  let decoder: Pick<Decoder, "next" | "close"> | undefined;
  let cancelled = false;
  let size = 0;

  async function next(): Promise<Uint8Array | undefined> {
    decoder ??= await openDecoder(reader, compression, sourceSize);
    if (cancelled) decoder.close();
    const bytes = await decoder.next();
    size += bytes?.length ?? 0;
    checkRatio(size, reader.bytesRead, maxRatio);
    return bytes;
  }

  function release(reason: unknown): Promise<void> {
    cancelled = true;
    decoder?.close();
    return reader.cancel(reason);
  }

  return new ReadableStream({
    async pull(controller) {
      try {
        const bytes = await next();
        if (bytes === undefined) controller.close();
        else controller.enqueue(bytes);
      } catch (cause) {
        const error = naming(what, cause);
        release(error).catch(() => {});
        throw error;
      }
    },
    cancel: release,
  }, { highWaterMark: 0 });
}

function naming(what: string | undefined, error: unknown): unknown {
  if (what === undefined || !(error instanceof CompressionError)) return error;
  const named = error.message.replace(/^(Cannot decompress .*?content)/, `$1 of ${what}`);
  return new CompressionError(named, { cause: error });
}

async function openDecoder(
  reader: PeekableReader,
  promised: Compression | "auto",
  size: number | undefined,
): Promise<Pick<Decoder, "next" | "close">> {
  const compression = compressionOfBytes(await reader.peek(MAGIC_LENGTH));
  if (promised !== "auto" && promised !== compression) {
    throw new CompressionError(
      `Cannot decompress the content: expected ${nameOf(promised)}, got ${nameOf(compression)}`,
    );
  }
  if (compression === "gzip") return await openGzipDecoder(reader, { size });
  if (compression === "zstd") return await openZstdDecoder(reader);
  return { next: () => reader.read(), close() {} };
}

function nameOf(compression: Compression): string {
  return compression === "none" ? "no compression" : compression;
}

function checkRatio(size: number, bytesRead: number, maxRatio: number | undefined): void {
  const free = maxRatio === undefined ? RATIO_FREE_BYTES : MIB;
  const most = Math.max(free, bytesRead * (maxRatio ?? MAX_RATIO));
  if (size > most) throw new LimitExceededError("decompressed content (it may be a bomb)", most);
}
