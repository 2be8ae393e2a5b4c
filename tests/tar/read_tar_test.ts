import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ConsumedError, LimitExceededError, TarError } from "../../lib/errors.ts";
import { END_OF_ARCHIVE, readTar, type TarEntry } from "../../lib/tar/mod.ts";
import { concat, latin1, octal, rawBlock, rawEntry } from "./raw_tar.ts";

const TAR = concat(
  rawEntry({ name: "one" }, "1".repeat(1000)),
  rawEntry({ name: "two" }, "2".repeat(600)),
  rawEntry({ name: "empty" }),
  END_OF_ARCHIVE,
);

/** A source that counts what is taken of it and remembers why it was let go. */
class Source {
  taken = 0;
  cancelled: unknown[] = [];
  readonly stream: ReadableStream<Uint8Array>;

  constructor(tar: Uint8Array, end: "closes" | "hangs" | Error = "closes", size = 512) {
    this.stream = new ReadableStream({
      pull: (controller) => {
        if (this.taken < tar.length) {
          controller.enqueue(tar.subarray(this.taken, this.taken += size));
        } else if (end instanceof Error) controller.error(end);
        else if (end === "closes") controller.close();
        else return Promise.withResolvers<void>().promise;
      },
      cancel: (reason) => void this.cancelled.push(reason),
    }, { highWaterMark: 0 });
  }
}

Deno.test("readTar() asks for no permission", { permissions: "none" }, async () => {
  assertEquals(await names(readTar(new Source(TAR).stream)), ["one", "two", "empty"]);
});

Deno.test("every body reads as a stream, or whole, or not at all", async () => {
  const found: Record<string, string> = {};
  for await (const entry of readTar(new Source(TAR).stream)) {
    const { name } = entry.header;
    if (name === "one") found[name] = await new Response(entry.body()).text();
    if (name === "two") found[name] = new TextDecoder().decode(await entry.bytes());
    if (name === "empty") found[name] = await new Response(entry.body()).text();
  }
  assertEquals(found, { one: "1".repeat(1000), two: "2".repeat(600), empty: "" });
});

Deno.test("an entry says where its body lies", async () => {
  const entries = await Array.fromAsync(readTar(new Source(TAR).stream));
  assertEquals(entries.map(({ offset }) => offset), [512, 2048, 3584]);
});

Deno.test("a body that is half read is skipped to its end", async () => {
  const found: string[] = [];
  for await (const { header, body } of bound(readTar(new Source(TAR).stream))) {
    found.push(header.name);
    if (header.name === "one") {
      const reader = body().getReader();
      await reader.read();
      reader.releaseLock();
    }
  }
  assertEquals(found, ["one", "two", "empty"]);
});

Deno.test("nothing is read before it is asked for", async () => {
  const source = new Source(TAR);
  const entries = readTar(source.stream);
  assertEquals(source.taken, 0);
  await entries.next();
  assertEquals(source.taken, 512);
  await entries.return?.();
});

Deno.test("the source is read to its own end, junk included", async () => {
  const source = new Source(concat(TAR, new Uint8Array(8192), latin1("junk")));
  await names(readTar(source.stream));
  assert(source.taken >= TAR.length + 8192 + 4);
  assertEquals(source.cancelled, []);
});

Deno.test("an error of the source behind the end of the tar is seen", async () => {
  const failure = new Error("wrong digest");
  const error = await assertRejects(() => names(readTar(new Source(TAR, failure).stream)), Error);
  assertEquals(error, failure);
});

Deno.test("an error of the source inside a body is seen by who reads the body", async () => {
  const failure = new Error("connection lost");
  const source = new Source(TAR.subarray(0, 1024), failure);
  for await (const entry of readTar(source.stream)) {
    assertEquals(await assertRejects(() => entry.bytes(), Error), failure);
    break;
  }
});

Deno.test("leaving the loop cancels the source", async () => {
  const source = new Source(TAR);
  for await (const entry of readTar(source.stream)) {
    assertEquals(entry.header.name, "one");
    break;
  }
  assertEquals(source.cancelled, [undefined]);
});

Deno.test("an error inside the loop cancels the source", async () => {
  const source = new Source(TAR);
  await assertRejects(
    async () => {
      for await (const _ of readTar(source.stream)) throw new Error("mine");
    },
    Error,
    "mine",
  );
  assertEquals(source.cancelled.length, 1);
});

Deno.test("return() before the first next() cancels the source", async () => {
  const source = new Source(TAR);
  await readTar(source.stream).return?.();
  assertEquals(source.cancelled.length, 1);
});

Deno.test("return() ends a next() that waits for the source", async () => {
  const source = new Source(TAR.subarray(0, 512), "hangs");
  const entries = readTar(source.stream);
  await entries.next();
  const waiting = entries.next();
  await entries.return?.();
  assertEquals((await waiting).done, true);
  assertEquals(source.cancelled.length, 1);
});

Deno.test("a damaged tar cancels the source and is told", async () => {
  const source = new Source(concat(TAR.subarray(0, 2048), rawBlock({ checksum: "0" }), TAR));
  await assertRejects(() => names(readTar(source.stream)), TarError, "expected checksum");
  assertEquals(source.cancelled.length, 1);
});

Deno.test("a tar that stops inside a body is told to who reads the body", async () => {
  const source = new Source(TAR.subarray(0, 1000));
  await assertRejects(
    async () => {
      for await (const entry of readTar(source.stream)) await entry.bytes();
    },
    TarError,
    "expected 512 more bytes of body, got the end (at byte 1000)",
  );
});

Deno.test("an aborted signal reaches a next() that waits, and the source", async () => {
  const source = new Source(TAR.subarray(0, 512), "hangs");
  const abort = new AbortController();
  const entries = readTar(source.stream, { signal: abort.signal });
  await entries.next();
  const waiting = assertRejects(() => entries.next(), Error, "enough");
  const reason = new Error("enough");
  abort.abort(reason);
  await waiting;
  assertEquals(source.cancelled, [reason]);
});

Deno.test("an aborted signal reaches a body that waits", async () => {
  const source = new Source(TAR.subarray(0, 512), "hangs");
  const abort = new AbortController();
  const { value: entry } = await readTar(source.stream, { signal: abort.signal }).next();
  const waiting = assertRejects(() => new Response(entry?.body()).text(), Error, "enough");
  abort.abort(new Error("enough"));
  await waiting;
});

Deno.test("a signal that is aborted already cancels the source", async () => {
  const source = new Source(TAR);
  const signal = AbortSignal.abort(new Error("before"));
  await assertRejects(() => names(readTar(source.stream, { signal })), Error, "before");
  assertEquals(source.taken, 0);
  assertEquals(source.cancelled.length, 1);
});

Deno.test("an abort after the end is of no concern", async () => {
  const abort = new AbortController();
  await names(readTar(new Source(TAR).stream, { signal: abort.signal }));
  abort.abort();
});

Deno.test("a body is read once", async () => {
  for await (const entry of readTar(new Source(TAR).stream)) {
    const body = entry.body();
    assertThrows(() => entry.body(), ConsumedError, entry.header.name);
    await assertRejects(() => entry.bytes(), ConsumedError);
    await body.cancel();
  }
});

Deno.test("a body is gone when the next entry was asked for", async () => {
  const entries = readTar(new Source(TAR).stream);
  const { value: first } = await entries.next();
  const opened = first?.body();
  await entries.next();
  await assertRejects(() => new Response(opened).text(), ConsumedError);
  const { value: third } = await entries.next();
  await entries.return?.();
  await assertRejects(async () => void await third?.bytes(), ConsumedError);
});

Deno.test("a body that is kept after the loop was left does not seem complete", async () => {
  let kept: ReadableStream<Uint8Array> | undefined;
  for await (const entry of readTar(new Source(TAR).stream)) {
    kept = entry.body();
    break;
  }
  await assertRejects(() => new Response(kept).text(), ConsumedError);
});

Deno.test("asking for the next entry waits for a read of the body that is under way", async () => {
  const asked = Promise.withResolvers<void>();
  const come = Promise.withResolvers<void>();
  const source = ReadableStream.from(async function* () {
    yield TAR.subarray(0, 512);
    asked.resolve();
    await come.promise;
    yield TAR.subarray(512);
  }());
  const entries = readTar(source);
  const { value: first } = await entries.next();
  const reading = first?.bytes();
  await asked.promise;
  const next = entries.next();
  come.resolve();
  assertEquals(await reading, TAR.slice(512, 1512));
  assertEquals((await next).value?.header.name, "two");
  await entries.return?.();
});

Deno.test("bytes() refuses a body above its limit before it reads any", async () => {
  const source = new Source(rawBlock({ size: octal(64 * 1024 * 1024 + 1) }));
  for await (const entry of readTar(source.stream)) {
    const error = await assertRejects(() => entry.bytes(), LimitExceededError, 'tar entry "a"');
    assertEquals(error.limit, 64 * 1024 * 1024);
    break;
  }
  for await (const entry of readTar(new Source(TAR).stream)) {
    if (entry.header.name === "one") {
      await assertRejects(() => entry.bytes(999), LimitExceededError);
    }
    if (entry.header.name === "two") assertEquals((await entry.bytes(600)).length, 600);
  }
});

Deno.test("bytes() are the caller's own", async () => {
  const tar = TAR.slice();
  for await (const entry of readTar(new Source(tar, "closes", tar.length).stream)) {
    const bytes = await entry.bytes();
    if (bytes.length > 0) bytes.fill(0);
  }
  assertEquals(tar, TAR);
});

async function names(entries: AsyncIterable<TarEntry>): Promise<string[]> {
  return (await Array.fromAsync(entries)).map(({ header }) => header.name);
}

/** The entries with methods that need no `this`. */
async function* bound(entries: AsyncIterable<TarEntry>) {
  for await (const entry of entries) yield { header: entry.header, body: () => entry.body() };
}
