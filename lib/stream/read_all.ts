import { abortable } from "./abortable.ts";
import { concat } from "./concat.ts";
import { limit } from "./limit.ts";

/** Options of {@linkcode readAll}. */
export interface ReadAllOptions {
  /** The most bytes that are accepted. */
  readonly maxBytes: number;
  /** How the error names the content: `manifest`, `token`. */
  readonly what: string;
  /** Ends the wait and cancels the source. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a stream whole into memory, up to a named limit.
 *
 * @throws {LimitExceededError} When there is more; the source is cancelled.
 * @example
 * ```ts
 * import { readAll } from "@davit/davit/stream";
 *
 * const source = ReadableStream.from([Uint8Array.of(1), Uint8Array.of(2)]);
 * console.assert((await readAll(source, { maxBytes: 2, what: "pair" })).length === 2);
 * ```
 */
export async function readAll(
  source: ReadableStream<Uint8Array>,
  options: ReadAllOptions,
): Promise<Uint8Array> {
  const { maxBytes, what, signal } = options;
  const chunks: Uint8Array[] = [];
  for await (const chunk of abortable(limit(source, maxBytes, what), signal)) chunks.push(chunk);
  return concat(chunks);
}
