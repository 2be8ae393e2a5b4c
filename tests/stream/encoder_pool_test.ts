import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { CompressionError } from "../../lib/errors.ts";
import { compress } from "../../lib/stream/compress.ts";
import { encoderPool } from "../../lib/stream/encoder_pool.ts";
import { chunked, drain, endless, failureOf, sampleBytes } from "./sources.ts";

const MIB = 1024 ** 2;
const BYTES = sampleBytes(4 * MIB);

/** Puts another class in the place of `Worker` until it is disposed of. */
function replaceWorker(substitute: typeof Worker): Disposable {
  const original = globalThis.Worker;
  globalThis.Worker = substitute;
  return { [Symbol.dispose]: () => void (globalThis.Worker = original) };
}

/** A worker that fails at its start, or else answers every job in one way. */
function fakeWorker(answer?: (worker: Worker) => void): typeof Worker {
  const ready = (worker: Worker) => say(worker, { kind: "ready" });
  const fake = class {
    constructor() {
      queueMicrotask(() => (answer === undefined ? fail : ready)(this as unknown as Worker));
    }
    postMessage(): void {
      queueMicrotask(() => answer?.(this as unknown as Worker));
    }
    terminate(): void {}
  };
  return fake as unknown as typeof Worker;
}

function say(worker: Worker, data: unknown): void {
  worker.onmessage?.(new MessageEvent("message", { data }));
}

function fail(worker: Worker): void {
  worker.onerror?.(new ErrorEvent("error", { message: "out of luck", cancelable: true }));
}

/** The real worker, counted. */
function countedWorker(): { started: number; running: number; substitute: typeof Worker } {
  const count = {
    started: 0,
    running: 0,
    substitute: class extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        count.started++;
        count.running++;
      }
      override terminate(): void {
        super.terminate();
        count.running--;
      }
    },
  };
  return count;
}

function compressed(workers: number): Promise<Uint8Array> {
  return drain(compress(chunked(BYTES, 64 * 1024), { level: 1, workers }));
}

const CANNOT_START = [
  {
    why: "the runtime forbids workers",
    substitute: class {
      constructor() {
        throw new DOMException("no workers here", "SecurityError");
      }
    } as unknown as typeof Worker,
  },
  { why: "a worker fails at its start", substitute: fakeWorker() },
];

for (const { why, substitute } of CANNOT_START) {
  Deno.test(`compress() gives the same bytes when ${why}`, async () => {
    const expected = await compressed(0);
    using _ = replaceWorker(substitute);
    assertEquals(await compressed(2), expected);
  });
}

Deno.test("compress() fails when a worker breaks at work", async () => {
  using _ = replaceWorker(fakeWorker(fail));
  const source = endless(BYTES);
  const error = await failureOf(compress(source.stream, { workers: 2 }));
  assertInstanceOf(error, CompressionError);
  assertEquals(source.cancels(), [error]);
});

Deno.test("compress() fails with the error that a worker reports", async () => {
  const error = new RangeError("too small");
  using _ = replaceWorker(fakeWorker((worker) => say(worker, { kind: "failed", error })));
  assertStrictEquals(await failureOf(compress(endless(BYTES).stream, { workers: 2 })), error);
});

Deno.test("what fits into one block starts no worker", async () => {
  const count = countedWorker();
  using _ = replaceWorker(count.substitute);
  await drain(compress(chunked(BYTES.subarray(0, MIB), 1000), { workers: 4 }));
  assertEquals(count.started, 0);
});

Deno.test("no more workers start than there are blocks, or than were allowed", async () => {
  for (const [workers, expected] of [[1, 1], [2, 2], [16, 4]] as const) {
    const count = countedWorker();
    using _ = replaceWorker(count.substitute);
    await compressed(workers);
    assert(count.started >= 1 && count.started <= expected, `${count.started} for ${workers}`);
    assertEquals(count.running, 0);
  }
});

Deno.test("streams that are compressed at one time share the workers", async () => {
  const expected = await compressed(0);
  const count = countedWorker();
  using _ = replaceWorker(count.substitute);
  const all = await Promise.all(Array.from({ length: 8 }, () => compressed(2)));
  for (const bytes of all) assertEquals(bytes, expected);
  assertEquals([count.started, count.running], [2, 0]);
});

Deno.test("one stream that is cancelled leaves the others their workers", async () => {
  const expected = await compressed(0);
  const reader = compress(endless(BYTES).stream, { level: 1, workers: 2 }).getReader();
  await reader.read();
  const others = Promise.all([compressed(2), compressed(1)]);
  await reader.cancel();
  for (const bytes of await others) assertEquals(bytes, expected);
});

Deno.test("a stream that nobody reads on loses its workers, and goes on when somebody does", async () => {
  const count = countedWorker();
  using _ = replaceWorker(count.substitute);
  const reader = compress(chunked(sampleBytes(20 * MIB), MIB), { workers: 2 }).getReader();
  await reader.read();
  assert(count.running > 0);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assertEquals(count.running, 0);
  while (!(await reader.read()).done);
  assertEquals(count.running, 0);
  assert(count.started > 2);
});

Deno.test("workers that are prepared do the work that comes, and end when none does", async () => {
  const expected = await compressed(0);
  const count = countedWorker();
  using _ = replaceWorker(count.substitute);
  encoderPool.prepare(2);
  assertEquals(await compressed(2), expected);
  assertEquals([count.started, count.running], [2, 0]);
  encoderPool.prepare(1);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assertEquals([count.started, count.running], [3, 0]);
});
