import { assert, assertEquals, assertRejects } from "@std/assert";
import { FileError } from "../../lib/errors.ts";
import type { TarStep } from "../../lib/layer/fill_blocks.ts";
import {
  BLOCK_BYTES,
  type BlockReader,
  openBlockReader,
  startBlockReader,
} from "../../lib/layer/read_blocks.ts";
import { tempDir } from "../support/temp_dir.ts";

const { signal } = new AbortController();

const READERS: Readonly<Record<string, () => BlockReader>> = {
  "on this thread": openBlockReader,
  "in a worker": () => startBlockReader({ signal, reuse: false }),
};

async function stepOf(source: string, head = new Uint8Array(512)): Promise<TarStep> {
  const { size, mtime } = await Deno.stat(source);
  return { head, file: { source, size, mtime: mtime?.getTime() ?? 0, padding: 512 - size % 512 } };
}

function* each(steps: Iterable<TarStep>): Generator<TarStep, undefined> {
  yield* steps;
}

async function read(reader: BlockReader, steps: Iterable<TarStep>): Promise<Uint8Array[]> {
  using owned = reader;
  return await Array.fromAsync(owned.read(each(steps)));
}

function joined(blocks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(blocks.reduce((size, block) => size + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}

/** Puts another `Worker` in the place of the runtime's while a scope lasts. */
function replaceWorker(replacement: typeof Worker): Disposable {
  const original = globalThis.Worker;
  globalThis.Worker = replacement;
  return { [Symbol.dispose]: () => void (globalThis.Worker = original) };
}

for (const [where, open] of Object.entries(READERS)) {
  Deno.test(`blocks read ${where} are heads, files and zeros in a row`, async () => {
    await using dir = await tempDir();
    await Deno.writeTextFile(dir.join("a"), "abc");
    await Deno.writeFile(dir.join("empty"), new Uint8Array());
    const random = crypto.getRandomValues(new Uint8Array(65_536));
    const large = joined(Array.from({ length: 40 }, () => random));
    await Deno.writeFile(dir.join("large"), large);
    const head = Uint8Array.of(1, 2, 3);
    const blocks = await read(open(), [
      { head },
      await stepOf(dir.join("a"), head),
      await stepOf(dir.join("empty"), head),
      await stepOf(dir.join("large"), head),
      { head: new Uint8Array() },
    ]);
    const zeros = (size: number) => new Uint8Array(size);
    const abc = new TextEncoder().encode("abc");
    const expected = joined([
      head,
      head,
      abc,
      zeros(509),
      head,
      zeros(512),
      head,
      large,
      zeros(512),
    ]);
    assertEquals(joined(blocks), expected);
    assertEquals(blocks.slice(0, -1).every(({ length }) => length === BLOCK_BYTES), true);
  });

  Deno.test(`what fills blocks exactly is read ${where} without an empty one`, async () => {
    const blocks = await read(open(), [{ head: new Uint8Array(2 * BLOCK_BYTES) }]);
    assertEquals(blocks.map(({ length }) => length), [BLOCK_BYTES, BLOCK_BYTES]);
  });

  Deno.test(`a missing file is named when it is read ${where}`, async () => {
    const file = { source: "/does/not/exist", size: 1, mtime: 0, padding: 511 };
    const error = await assertRejects(
      () => read(open(), [{ head: new Uint8Array(1), file }]),
      FileError,
      "does not exist",
    );
    assertEquals(error.path, "/does/not/exist");
  });

  Deno.test(`an error of the steps comes through as it is, ${where}`, async () => {
    const cause = new RangeError("no such header");
    const steps = (function* (): Generator<TarStep> {
      yield { head: new Uint8Array(512) };
      throw cause;
    })();
    assertEquals(await read(open(), steps).catch((error) => error), cause);
  });

  Deno.test(`a reader ${where} that is never read, or left early, leaves nothing behind`, async () => {
    open()[Symbol.dispose]();
    using reader = open();
    const heads = Array.from({ length: 20 }, () => ({ head: new Uint8Array(BLOCK_BYTES) }));
    for await (const block of reader.read(each(heads))) {
      assertEquals(block.length, BLOCK_BYTES);
      break;
    }
  });
}

Deno.test("a worker takes a bounded number of steps and makes a bounded number of blocks", async () => {
  let taken = 0;
  using reader = startBlockReader({ signal, reuse: false });
  const steps = (function* (): Generator<TarStep, undefined> {
    for (; taken < 100_000; taken++) yield { head: new Uint8Array(64 * 1024) };
  })();
  const blocks = reader.read(steps);
  await blocks.next();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert(taken <= 1024, `expected at most 1024 steps ahead, got ${taken}`);
  await blocks.return(undefined);
});

Deno.test("a signal ends the wait for a worker that says nothing", async () => {
  class SilentWorker extends EventTarget {
    onmessage: ((event: MessageEvent) => void) | null = null;
    terminated = false;
    constructor() {
      super();
      setTimeout(() => this.onmessage?.(new MessageEvent("message", { data: { kind: "ready" } })));
    }
    postMessage(): void {}
    terminate(): void {
      this.terminated = true;
    }
  }
  using _replaced = replaceWorker(SilentWorker as unknown as typeof Worker);
  const abort = new AbortController();
  using reader = startBlockReader({ signal: abort.signal, reuse: false });
  const reading = reader.read(each([{ head: new Uint8Array(1) }])).next();
  setTimeout(() => abort.abort(new Error("enough")), 10);
  await assertRejects(() => reading, Error, "enough");
});

for (
  const { why, replacement } of [
    {
      why: "are forbidden",
      replacement: class {
        constructor() {
          throw new Deno.errors.NotCapable("no workers");
        }
      },
    },
    {
      why: "do not load",
      replacement: class extends EventTarget {
        onerror: ((event: ErrorEvent) => void) | null = null;
        constructor() {
          super();
          setTimeout(() => this.onerror?.(new ErrorEvent("error", { message: "broken" })));
        }
        terminate(): void {}
      },
    },
  ]
) {
  Deno.test(`where workers ${why}, this thread reads the same bytes`, async () => {
    await using dir = await tempDir();
    await Deno.writeTextFile(dir.join("a"), "abc");
    const steps = [await stepOf(dir.join("a"))];
    const expected = joined(await read(openBlockReader(), steps));
    using _replaced = replaceWorker(replacement as unknown as typeof Worker);
    assertEquals(joined(await read(startBlockReader({ signal, reuse: false }), steps)), expected);
  });
}
