import { LimitExceededError } from "../errors.ts";
import { through } from "./through.ts";

/**
 * Passes bytes through and fails as soon as there are more than `maxBytes`.
 *
 * @param what How the error names the content: `config`, `token`.
 * @throws {LimitExceededError} Through the stream; the source is cancelled.
 * @example
 * ```ts
 * import { limit, readAll } from "@davit/davit/stream";
 *
 * const limited = limit(ReadableStream.from([new Uint8Array(10)]), 10, "token");
 * console.assert((await readAll(limited, { maxBytes: 10, what: "token" })).length === 10);
 * ```
 */
export function limit(
  source: ReadableStream<Uint8Array>,
  maxBytes: number,
  what: string,
): ReadableStream<Uint8Array> {
  let size = 0;
  return through(source, {
    push(bytes) {
      size += bytes.length;
      if (size > maxBytes) throw new LimitExceededError(what, maxBytes);
      return [bytes];
    },
    end: () => [],
  });
}
