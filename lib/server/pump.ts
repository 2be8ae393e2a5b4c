import { LimitExceededError } from "../errors.ts";
import { FrugalReader } from "../stream/byte_stream.ts";
import { Refusal } from "./refusal.ts";

/** `Deno.serve` reads chunked bodies the slower the more room it has: twice as much, twice as slow. */
const ROOM_BYTES = 64 * 1024;

/**
 * Hands on the body of a request, chunk by chunk, as fast as it is taken. The next chunk comes in
 * the memory of the one before.
 *
 * @param stallMs How long to wait for the next chunk before giving the client up.
 * @throws {Refusal} When the client stalls or goes away.
 */
export async function pump(
  body: ReadableStream<Uint8Array>,
  take: (chunk: Uint8Array) => void,
  stallMs: number,
): Promise<void> {
  const reader = new FrugalReader(body, ROOM_BYTES);
  const stalled = new Refusal(408, "UNKNOWN", `no byte came for ${stallMs / 1000} s`);
  let heard = performance.now();
  let isStalled = false;
  const watch = setInterval(() => {
    if (performance.now() - heard < stallMs) return;
    isStalled = true;
    reader.cancel(stalled).catch(() => {});
  }, Math.min(stallMs, 1000));
  try {
    for (;;) {
      const chunk = await reader.read().catch((cause) => {
        throw new Refusal(400, "UNKNOWN", "the body of the request broke off", { cause });
      });
      if (isStalled) throw stalled;
      if (chunk === undefined) return;
      heard = performance.now();
      take(chunk);
    }
  } catch (error) {
    reader.cancel(error).catch(() => {});
    throw error;
  } finally {
    clearInterval(watch);
  }
}

/**
 * Reads the body of a request whole.
 *
 * @throws {LimitExceededError} When it has more than `maxBytes`.
 * @throws {Refusal} When the client stalls or goes away.
 */
export async function readBody(
  request: Request,
  limits: { readonly maxBytes: number; readonly stallMs: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const { maxBytes, stallMs } = limits;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  function take(chunk: Uint8Array): void {
    size += chunk.length;
    if (size > maxBytes) throw new LimitExceededError("the body of a request", maxBytes);
    chunks.push(chunk.slice());
  }
  if (request.body !== null) await pump(request.body, take, stallMs);
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
