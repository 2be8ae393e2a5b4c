import { CompressionError } from "../errors.ts";
import { Blocks } from "./blocks.ts";
import { DECODED_CHUNK_SIZE, Decoder, feedInflater, toCompressionError } from "./decoder.ts";
import { type GunzipWorker, startGunzipWorker } from "./gunzip_worker.ts";
import type { PeekableReader } from "./peekable_reader.ts";
import { RemoteGunzip } from "./remote_gunzip.ts";

/** Below this a worker takes longer to start than it saves. */
const MIN_REMOTE_BYTES: number = 8 * 1024 * 1024;

/** What a worker is given at a time. */
const BLOCK_BYTES: number = 256 * 1024;

/** Options of {@linkcode openGzipDecoder}. */
export interface GzipDecoderOptions {
  /** How many bytes there are to decode, when that is known: many are decoded in a worker. */
  readonly size?: number | undefined;
  /** How a worker is started. */
  readonly start?: () => Promise<GunzipWorker>;
}

/** Workers that run: one processor is left to those who use what they make. */
let running = 0;

/**
 * Decodes gzip: any number of members, then nothing or zeros, as tape and `tar` leave them.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc1952 RFC 1952}
 */
export async function openGzipDecoder(
  source: PeekableReader,
  { size = 0, start = startGunzipWorker }: GzipDecoderOptions = {},
): Promise<Decoder> {
  const isRemote = size >= MIN_REMOTE_BYTES && running + 1 < navigator.hardwareConcurrency;
  return isRemote && await openRemote(source, start) || await openLocal(source);
}

async function openLocal(source: PeekableReader): Promise<Decoder> {
  const { createGunzip } = await import("node:zlib");
  const gunzip = createGunzip({ chunkSize: DECODED_CHUNK_SIZE });
  gunzip.on("error", () => {});
  return new Decoder("gzip", gunzip, async () => {
    let fed = 0;
    for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) {
      await feedInflater(gunzip, "gzip", chunk);
      fed += chunk.length;
      const unused = fed - gunzip.bytesWritten;
      if (unused > 0) return expectZeros(chunk.subarray(chunk.length - unused), source);
    }
  });
}

async function openRemote(
  source: PeekableReader,
  start: () => Promise<GunzipWorker>,
): Promise<Decoder | undefined> {
  running++;
  const gunzip = await RemoteGunzip.open(start, () => running--);
  return gunzip && new Decoder("gzip", gunzip, () => feedRemote(gunzip, source));
}

/** Reads a block ahead, so that the worker never waits for one. */
async function feedRemote(gunzip: RemoteGunzip, source: PeekableReader): Promise<void> {
  const blocks = new Blocks(BLOCK_BYTES);
  let last: Promise<Uint8Array<ArrayBuffer>> | undefined;

  async function settle(): Promise<void> {
    const rest = await last?.catch((error) => Promise.reject(toCompressionError("gzip", error)));
    if (rest === undefined) return;
    refuseOthers(rest);
    blocks.recycle(rest.buffer);
  }

  async function feed(block: Uint8Array<ArrayBuffer>): Promise<void> {
    const next = gunzip.feed(block);
    next.catch(() => {});
    await settle();
    last = next;
  }

  for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) {
    for (const block of blocks.push(chunk)) await feed(block);
  }
  const end = blocks.end();
  if (end.length > 0) await feed(end);
  await settle();
}

async function expectZeros(first: Uint8Array, source: PeekableReader): Promise<void> {
  for (let chunk: Uint8Array | undefined = first; chunk !== undefined;) {
    refuseOthers(chunk);
    chunk = await source.read();
  }
}

function refuseOthers(bytes: Uint8Array): void {
  if (bytes.every((byte) => byte === 0)) return;
  throw new CompressionError(
    "Cannot decompress gzip content: expected a member or zeros after the last, got other bytes",
  );
}
