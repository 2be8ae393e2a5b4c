import { TarReader } from "../tar/reader.ts";
import { paddingOf } from "../tar/writer.ts";
import type { TarHeader } from "../tar/entry.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { LimitExceededError, TarError } from "../errors.ts";

/** An entry of a tar file, and where its body lies. */
export interface LocatedEntry {
  /** What the entry is. */
  readonly header: TarHeader;
  /** Where its body begins in the file. */
  readonly offset: number;
}

/** What a tar file holds. */
export interface LocatedEntries {
  /** Its entries, in their order. */
  readonly entries: readonly LocatedEntry[];
  /** The number of its bytes, when it ends between two entries and not as tars end. */
  readonly cutAt?: number;
}

/** The most entries of an archive: ten thousand layers have thirty thousand. */
const MAX_ENTRIES = 200_000;

/** Bytes read at a time: a header and what is small behind it. */
const CHUNK_BYTES = 32 * 1024;

/** Stands for the bytes of bodies that are passed over. */
const PASSED_OVER = new Uint8Array(1024 * 1024);

/**
 * Finds the entries of a tar file. The bodies of large entries are not read but passed over, so
 * that an archive of many gigabytes takes no time.
 *
 * @throws {TarError} When the tar breaks its format or stops inside an entry.
 * @throws {LimitExceededError} Beyond 200,000 entries.
 */
export async function locateEntries(
  path: string,
  options: CallOptions = {},
): Promise<LocatedEntries> {
  using file = await Deno.open(path);
  const { size: fileSize } = await file.stat();
  const reader = new TarReader();
  const entries: LocatedEntry[] = [];
  let position = 0;
  let bodyEnd = 0;
  let isWhole = false;
  const push = (bytes: Uint8Array) => {
    for (const event of reader.push(bytes)) {
      if (event.kind === "end") isWhole = true;
      if (event.kind !== "entry") continue;
      const { header, offset } = event;
      entries.push({ header, offset });
      bodyEnd = offset + header.size;
      if (entries.length > MAX_ENTRIES) {
        throw new LimitExceededError("archive entries", MAX_ENTRIES);
      }
      if (bodyEnd > fileSize) throw truncated(header, bodyEnd - fileSize, fileSize);
    }
    position += bytes.length;
  };
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    options.signal?.throwIfAborted();
    await file.seek(position, Deno.SeekMode.Start);
    const count = await file.read(chunk);
    if (count === null) break;
    push(chunk.subarray(0, count));
    const next = bodyEnd + paddingOf(bodyEnd);
    while (position < next) push(PASSED_OVER.subarray(0, next - position));
  }
  reader.finish();
  return isWhole ? { entries } : { entries, cutAt: fileSize };
}

function truncated({ name }: TarHeader, missing: number, offset: number): TarError {
  return new TarError(
    `Cannot read tar: expected ${missing} more bytes of "${name}", got the end`,
    offset,
  );
}
