/** Streams to test streams with. */

/** A stream of these chunks. */
export function streamOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(chunks);
}

/** A stream of these bytes in chunks of one size. */
export function chunked(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  return ReadableStream.from(function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }());
}

/** A stream of these chunks that then fails. */
export function failing(error: unknown, ...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) controller.error(error);
      else controller.enqueue(chunk);
    },
  }, { highWaterMark: 0 });
}

/** A source that tells what was done to it. */
export interface Watched {
  readonly stream: ReadableStream<Uint8Array>;
  /** How often a chunk was asked for. */
  pulls(): number;
  /** What it was cancelled with, in a list; an empty list while it was not. */
  cancels(): readonly unknown[];
}

/** A source without end that gives the same chunk for ever. */
export function endless(chunk: Uint8Array): Watched {
  return watch((controller) => controller.enqueue(chunk));
}

/** The same, but as a file or a socket gives it: not at once. */
export function slow(chunk: Uint8Array): Watched {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return watch((controller) =>
    new Promise((resolve) => {
      timer = setTimeout(() => resolve(controller.enqueue(chunk)), 0);
    }), () => clearTimeout(timer));
}

/** A source that never gives what it is asked for. */
export function stalled(): Watched {
  return watch(() => new Promise(() => {}));
}

function watch(
  pull: (controller: ReadableStreamDefaultController<Uint8Array>) => void | Promise<void>,
  stop?: () => void,
): Watched {
  let pulls = 0;
  const cancels: unknown[] = [];
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulls++;
      return pull(controller);
    },
    cancel(reason) {
      cancels.push(reason);
      stop?.();
    },
  }, { highWaterMark: 0 });
  return { stream, pulls: () => pulls, cancels: () => cancels };
}

/** Reads a stream to its end. */
export async function drain(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  return join(await Array.fromAsync(stream));
}

/** Reads a stream until it fails, and gives what it failed with. */
export async function failureOf(stream: ReadableStream<Uint8Array>): Promise<unknown> {
  const reader = stream.getReader();
  try {
    while (!(await reader.read()).done);
  } catch (error) {
    return error;
  }
  throw new Error("Cannot tell how the stream failed: it ended well");
}

/** Bytes that compress somewhat, the same for the same arguments. */
export function sampleBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = (state >>> 28) + (at >>> 10);
  }
  return bytes;
}

/** Joins bytes and texts. */
export function concat(...parts: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  return join(parts.map((part) => typeof part === "string" ? encoder.encode(part) : part));
}

/** Joins chunks, however many. */
export function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
