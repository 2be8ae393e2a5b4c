import { assert, assertEquals, assertRejects } from "@std/assert";
import { TarError } from "../../lib/errors.ts";
import {
  encodeHeader,
  END_OF_ARCHIVE,
  paddingOf,
  type TarHeader,
  type TarInput,
  writeTar,
} from "../../lib/tar/mod.ts";
import { concat, latin1 } from "./raw_tar.ts";

Deno.test("writeTar() asks for no permission", { permissions: "none" }, async () => {
  assertEquals(await read(writeTar([])), END_OF_ARCHIVE);
});

const INPUTS: readonly TarInput[] = [
  { header: { ...file("d/", 0), type: "directory" } },
  { header: file("small", 5), body: latin1("hello") },
  { header: file("empty", 0) },
  { header: file("exact", 512), body: new Uint8Array(512).fill(1) },
  { header: file("large", 200_000), body: new Uint8Array(200_000).fill(2) },
  { header: file("stream", 70_000), body: () => pieces(30_000, 0, 39_999, 1) },
  { header: file("empty stream", 0), body: () => pieces() },
];

Deno.test("headers, bodies and padding follow one another, and two zero blocks end", async () => {
  const parts = await Promise.all(INPUTS.map(async ({ header, body = new Uint8Array() }) => [
    encodeHeader(header),
    body instanceof Uint8Array ? body : await read(body()),
    new Uint8Array(paddingOf(header.size)),
  ]));
  assertEquals(await read(writeTar(INPUTS)), concat(...parts.flat(), END_OF_ARCHIVE));
});

Deno.test("entries may come one by one", async () => {
  async function* slowly(): AsyncGenerator<TarInput> {
    for (const input of INPUTS) yield await Promise.resolve(input);
  }
  assertEquals(await read(writeTar(slowly())), await read(writeTar(INPUTS)));
});

Deno.test("small pieces leave joined, large ones as they are", async () => {
  const body = new Uint8Array(200_000);
  const small = Array.from({ length: 100 }, (_, i) => ({ header: file(`${i}`, 0) }));
  const chunks = await Array.fromAsync(
    writeTar([...small, { header: file("large", 200_000), body }]),
  );
  assertEquals(chunks.map(({ length }) => length), [51_712, 200_000, 192 + 1024]);
  assert(chunks[1] === body);
});

Deno.test("a chunk that was given away is not written to again", async () => {
  const inputs = Array.from({ length: 1000 }, (_, i) => ({ header: file(`${i}`, 0) }));
  const chunks = await Array.fromAsync(writeTar(inputs));
  assertEquals(concat(...chunks), await read(writeTar(inputs)));
});

Deno.test("nothing is taken or opened before it is asked for", async () => {
  const events: string[] = [];
  function* inputs(): Generator<TarInput> {
    for (const name of ["a", "b"]) {
      events.push(`taken ${name}`);
      const body = () => {
        events.push(`opened ${name}`);
        return pieces(200_000);
      };
      yield { header: file(name, 200_000), body };
    }
  }
  const reader = writeTar(inputs()).getReader();
  await Promise.resolve();
  assertEquals(events, []);
  await reader.read();
  await reader.read();
  assertEquals(events, ["taken a", "opened a"]);
  await reader.cancel();
});

Deno.test.each<{ why: string; body?: TarInput["body"]; says: string }>([
  { why: "no body", says: "expected a body of 5 bytes, got 0" },
  { why: "a body too short", body: latin1("four"), says: "expected a body of 5 bytes, got 4" },
  { why: "a body too long", body: latin1("sixsix"), says: "expected a body of 5 bytes, got 6" },
  { why: "a stream too short", body: () => pieces(2, 2), says: "5 bytes, got 4" },
  { why: "a stream too long", body: () => pieces(3, 3), says: "5 bytes, got more" },
])("an entry with $why is named", async ({ body, says }) => {
  const input = { header: file("odd", 5), ...(body && { body }) };
  const error = await assertRejects(
    () => read(writeTar([INPUTS[2], input] as TarInput[])),
    TarError,
  );
  assert(error.message.startsWith(`Cannot write entry "odd": `), error.message);
  assert(error.message.includes(says), error.message);
});

Deno.test("a body on a directory is refused", async () => {
  const input: TarInput = { header: { ...file("d/", 0), type: "directory" }, body: latin1("x") };
  await assertRejects(() => read(writeTar([input])), TarError, 'Cannot write entry "d/"');
});

Deno.test("a header that cannot be written fails the stream", async () => {
  await assertRejects(() => read(writeTar([{ header: file("", 0) }])), TypeError, "a name");
});

Deno.test("the error of a body and of the entries is what the reader sees", async () => {
  const failure = new Error("disk gone");
  const body = () => new ReadableStream<Uint8Array>({ pull: (c) => c.error(failure) });
  assertEquals(
    await assertRejects(() => read(writeTar([{ header: file("a", 1), body }])), Error),
    failure,
  );
  // deno-lint-ignore require-yield -- it fails first
  function* failing(): Generator<TarInput> {
    throw failure;
  }
  assertEquals(await assertRejects(() => read(writeTar(failing())), Error), failure);
});

Deno.test("a body that is too long is let go, and the entries with it", async () => {
  const log: string[] = [];
  const tar = writeTar(logged(log, 5, () => pieces(3, 3, 3)));
  await assertRejects(() => read(tar), TarError);
  assertEquals(log, ["body cancelled", "entries returned"]);
});

Deno.test("a cancel reaches the open body and the entries", async () => {
  const log: string[] = [];
  const reader = writeTar(logged(log, 400_000, () => pieces(200_000, 200_000))).getReader();
  await reader.read();
  await reader.read();
  await reader.cancel("enough");
  assertEquals(log, ["body cancelled: enough", "entries returned"]);
});

Deno.test("a cancel reaches a body that is being waited for", async () => {
  const log: string[] = [];
  const hanging = () =>
    new ReadableStream<Uint8Array>({ pull: () => Promise.withResolvers<void>().promise });
  const reader = writeTar(logged(log, 5, hanging)).getReader();
  const waiting = reader.read();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await reader.cancel("enough");
  assertEquals((await waiting).done, true);
  assertEquals(log, ["body cancelled: enough", "entries returned"]);
});

Deno.test("a cancel before the first read opens nothing", async () => {
  const log: string[] = [];
  await writeTar(logged(log, 1, () => pieces(1))).cancel();
  assertEquals(log, []);
});

function file(name: string, size: number): TarHeader {
  return { type: "file", name, size, mode: 0o644, uid: 0, gid: 0, mtime: 0 };
}

function pieces(...sizes: readonly number[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(sizes.map((size) => new Uint8Array(size).fill(7)));
}

/** One entry whose body and iterator tell when they are let go. */
function* logged(
  log: string[],
  size: number,
  open: () => ReadableStream<Uint8Array>,
): Generator<TarInput, void, void> {
  const body = () => {
    const reader = open().getReader();
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        log.push(reason === undefined ? "body cancelled" : `body cancelled: ${reason}`);
        await reader.cancel(reason);
      },
    }, { highWaterMark: 0 });
  };
  try {
    yield { header: file("logged", size), body };
  } finally {
    log.push("entries returned");
  }
}

async function read(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return concat(...await Array.fromAsync(stream));
}
