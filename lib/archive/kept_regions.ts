import { type Digest, isDigest } from "../oci/digest.ts";
import { paddingOf } from "../tar/writer.ts";

/** Where a blob lies in a staged tar, and how much of it. */
export interface KeptRegion {
  readonly digest: Digest;
  /** Where its header is to begin. */
  readonly start: number;
  /** Where its bytes begin. */
  readonly body: number;
  /** How many there will be. */
  readonly size: number;
  /** How many there are. */
  readonly written: number;
}

/** All that an earlier attempt left. */
export interface KeptRegions {
  readonly byDigest: ReadonlyMap<Digest, KeptRegion>;
  /** Where the next blob may begin. */
  readonly end: number;
}

const MARK_BYTES = 512;
const KIND = "davit-part-1";

/**
 * Says, where a blob's header is to be, what becomes of these bytes and how far they are. The header
 * takes its place when the tar is whole.
 */
export function writeMark(path: string, region: KeptRegion): void {
  const { digest, start, body, size, written } = region;
  const text = JSON.stringify([KIND, digest, body - start, size, written]);
  using file = Deno.openSync(path, { write: true });
  file.seekSync(start, Deno.SeekMode.Start);
  file.writeSync(new TextEncoder().encode(text.padEnd(MARK_BYTES, "\n")));
}

/** Reads the marks of a staged tar, as far as they go without a gap. */
export function readKeptRegions(path: string): KeptRegions {
  const byDigest = new Map<Digest, KeptRegion>();
  using file = Deno.openSync(path, { read: true });
  const { size: fileSize } = file.statSync();
  let end = 0;
  for (;;) {
    const region = readMark(file, end, fileSize);
    if (region === undefined) return { byDigest, end };
    byDigest.set(region.digest, region);
    end = endOf(region);
  }
}

/** Where the region behind begins. */
export function endOf({ body, size }: Pick<KeptRegion, "body" | "size">): number {
  return body + size + paddingOf(size);
}

function readMark(file: Deno.FsFile, start: number, fileSize: number): KeptRegion | undefined {
  const block = new Uint8Array(MARK_BYTES);
  file.seekSync(start, Deno.SeekMode.Start);
  if (file.readSync(block) !== MARK_BYTES) return undefined;
  const [kind, digest, headerSize, size, claimed] = parseArray(new TextDecoder().decode(block));
  if (kind !== KIND || typeof digest !== "string" || !isDigest(digest)) return undefined;
  if (!isCount(headerSize) || !isCount(size) || !isCount(claimed)) return undefined;
  if (headerSize < MARK_BYTES || headerSize % MARK_BYTES !== 0) return undefined;
  const body = start + headerSize;
  const written = Math.max(0, Math.min(claimed, size, fileSize - body));
  return { digest, start, body, size, written };
}

function parseArray(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
