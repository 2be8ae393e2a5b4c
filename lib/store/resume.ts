import { DigestMismatchError, FileError, SizeMismatchError } from "../errors.ts";
import type { Content } from "./content.ts";

/** The beginning of content, as an earlier attempt left it. */
export interface Beginning {
  /** How many bytes there are. */
  readonly size: number;
  /** Opens exactly these bytes. */
  open(): ReadableStream<Uint8Array>;
}

/** Shorter content, or less of it, is not worth keeping. */
export const MIN_KEPT_BYTES: number = 1024 * 1024;

/** Says whether content is worth keeping the beginning of, and can be gone on with. */
export function isResumable(content: Content): boolean {
  return content.openFrom !== undefined && (content.descriptor?.size ?? 0) > MIN_KEPT_BYTES;
}

/**
 * Content whose beginning is at hand: read there, and gone on with from where the content lies. It
 * has to be verified as a whole, for nobody knows what became of the beginning meanwhile.
 */
export function resumeContent(content: Content, beginning: Beginning): Content {
  const { openFrom } = content;
  if (openFrom === undefined) throw new TypeError("Cannot go on with content that has no openFrom");
  return {
    mediaType: content.mediaType,
    descriptor: content.descriptor,
    open: () => Promise.resolve(chain(beginning.open(), () => openFrom(beginning.size))),
    sealed: () => content.sealed(),
  };
}

/** Says whether a failure means that what has been received is no beginning of the content. */
export function isSpoiled(error: unknown): boolean {
  return error instanceof DigestMismatchError || error instanceof SizeMismatchError;
}

/**
 * Says whether what came before a failure shall wait for the next attempt: when the connection
 * broke, or somebody ended it. Where no more can be written, nothing is kept.
 */
export function isWorthKeeping(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true || !(isSpoiled(error) || error instanceof FileError);
}

/** One stream behind another, which is opened when its turn comes. */
function chain(
  first: ReadableStream<Uint8Array>,
  openSecond: () => Promise<ReadableStream<Uint8Array>>,
): ReadableStream<Uint8Array> {
  let reader = first.getReader();
  let isFirst = true;
  return new ReadableStream({
    async pull(controller) {
      let { done, value } = await reader.read();
      if (done && isFirst) {
        isFirst = false;
        reader = (await openSecond()).getReader();
        ({ done, value } = await reader.read());
      }
      if (done || value === undefined) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
