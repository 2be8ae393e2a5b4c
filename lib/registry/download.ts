import { RegistryError, SizeMismatchError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type ByteReader, byteStream, openByteReader, spareRoom } from "../stream/byte_stream.ts";
import { withoutStart } from "../stream/without_start.ts";
import { type Answer, discard } from "./answer.ts";
import { describeUrl } from "./redact.ts";
import type { Backoff } from "./retry.ts";

/** How content is downloaded. */
export interface DownloadOptions {
  /** Asks for the content, with a `Range` header when it is not wanted from the start. */
  readonly open: (
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) => Promise<Answer>;
  /** The first byte wanted. */
  readonly offset: number;
  /** How a broken download is taken up again. */
  readonly backoff: Backoff;
  readonly signal?: AbortSignal | undefined;
}

/** A download that came this far since its last failure has earned its attempts back. */
const PROGRESS_BYTES = 1024 * 1024;

/**
 * Opens content from an offset on; its size is checked, not its digest. When the connection breaks,
 * the rest is asked for, as often as the back-off allows without progress.
 *
 * @throws {SizeMismatchError} When the server announces another size; also through the stream.
 */
export async function download(
  { size, digest }: Descriptor,
  options: DownloadOptions,
): Promise<ReadableStream<Uint8Array>> {
  const { offset, backoff } = options;
  const cancelled = new AbortController();
  const signal = AbortSignal.any([cancelled.signal, ...options.signal ? [options.signal] : []]);
  let position = offset;
  let failures = 0;
  let resumedAt = offset;
  let reader = await openAt(position);

  async function openAt(start: number): Promise<ByteReader> {
    const headers = start === 0 ? undefined : { range: `bytes=${start}-${size - 1}` };
    const answer = await options.open(headers ?? {}, signal);
    try {
      const skipped = checkHead(answer, start, { size, digest });
      const body = answer.body ?? ReadableStream.from([]); // all of it, when ranges are not known
      return openByteReader(skipped === 0 ? body : withoutStart(body, skipped));
    } catch (error) {
      await discard(answer);
      throw error;
    }
  }

  async function resume(error: unknown): Promise<void> {
    if (position - resumedAt >= PROGRESS_BYTES) failures = 0;
    failures++;
    resumedAt = position;
    if (position >= size || !await backoff.wait(error, failures, signal)) throw error;
    reader = await openAt(position);
  }

  return byteStream({
    async read(room) {
      for (const spare = spareRoom(room);;) {
        try {
          const result = await reader.read(spare());
          position += result.value?.length ?? 0;
          if (result.done ? position < size : position > size) {
            throw new SizeMismatchError(size, position, { digest });
          }
          return result;
        } catch (error) {
          if (error instanceof SizeMismatchError) reader.cancel(error).catch(() => {});
          await resume(error);
        }
      }
    },
    cancel(reason) {
      const cancelling = reader.cancel(reason).catch(() => {});
      cancelled.abort(reason);
      return cancelling;
    },
  });
}

/** Checks what the head of an answer promises; says how many bytes come before the wanted ones. */
function checkHead(
  answer: Answer,
  start: number,
  { size, digest }: Pick<Descriptor, "size" | "digest">,
): number {
  const { headers, status } = answer;
  const length = headers.get("content-length");
  if (status === 200) {
    if (length !== null && Number(length) !== size) {
      throw new SizeMismatchError(size, Number(length), { digest });
    }
    return start;
  }
  const range = headers.get("content-range") ?? "";
  const [, from, to, whole] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range) ?? [];
  if (whole !== "*" && whole !== undefined && Number(whole) !== size) {
    throw new SizeMismatchError(size, Number(whole), { digest });
  }
  if (Number(from) !== start || Number(to) !== size - 1) {
    throw new RegistryError(
      `Cannot download "${describeUrl(answer.url)}": expected bytes ${start}-${size - 1}, got ` +
        JSON.stringify(range.slice(0, 100)),
      status,
    );
  }
  return 0;
}
