import { lazy } from "./lazy.ts";
import { measure, type Measurement } from "./measure.ts";

/** Content in a temporary file. Dispose of it to remove the file. */
export interface Spooled extends Measurement, AsyncDisposable {
  /** Opens the bytes, as often as wanted. The file is opened on the first pull. */
  open(): ReadableStream<Uint8Array>;
}

/** Options of {@linkcode spool}. */
export interface SpoolOptions {
  /** Ends the wait, cancels the source and removes the file. */
  readonly signal?: AbortSignal;
}

/**
 * Puts content into a temporary file, for a place that must know size and digest before the first
 * byte. Nothing is left behind when the source fails.
 *
 * @example
 * ```ts
 * import { readAll, spool } from "@davit/davit/stream";
 *
 * await using spooled = await spool(ReadableStream.from([new Uint8Array(3)]));
 * console.assert(spooled.size === 3);
 * await readAll(spooled.open(), { maxBytes: 3, what: "content" });
 * ```
 */
export async function spool(
  source: ReadableStream<Uint8Array>,
  options: SpoolOptions = {},
): Promise<Spooled> {
  await using cleanup = new AsyncDisposableStack();
  const { stream, done } = measure(source);
  const path = await createFile(stream);
  cleanup.defer(() => Deno.remove(path));
  const file = await Deno.open(path, { write: true });
  await stream.pipeTo(file.writable, options);
  const measurement = await done;
  const owned = cleanup.move();
  return {
    ...measurement,
    open: () => lazy(async () => (await Deno.open(path)).readable),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function createFile(source: ReadableStream<Uint8Array>): Promise<string> {
  try {
    return await Deno.makeTempFile({ prefix: "davit-" });
  } catch (error) {
    await source.cancel(error);
    throw error;
  }
}
