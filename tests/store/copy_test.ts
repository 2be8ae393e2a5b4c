import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { appendLayers } from "../../lib/image/append.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import type { Image, View } from "../../lib/image/image.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { StreamLayer } from "../../lib/layer/stream_layer.ts";
import { parsePlatform } from "../../lib/oci/platform.ts";
import { PlatformError } from "../../lib/errors.ts";
import { copy } from "../../lib/store/copy.ts";
import { type Content, describeBytes } from "../../lib/store/content.ts";
import type { CopyEvent } from "../../lib/store/events.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import type { Accepts, WriteOptions } from "../../lib/store/store.ts";
import { jsonOf, makeImage } from "../support/images.ts";

/** A memory store that tells what is written to it, and can be told to fail or to hold less. */
class WatchedStore extends MemoryStore {
  readonly written: string[] = [];
  atOnce = 0;
  mostAtOnce = 0;
  fail: ((mediaType: string, count: number) => Error | undefined) | undefined;
  override readonly accepts: Accepts;

  constructor(accepts: Partial<Accepts> = {}) {
    super();
    this.accepts = { index: true, compressions: ["none", "gzip", "zstd"], ...accepts };
  }

  override async write(content: Content, options: WriteOptions = {}) {
    this.written.push(content.mediaType.replace(/^application\/vnd\.oci\.image\./, ""));
    const failure = this.fail?.(content.mediaType, this.written.length);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    try {
      if (failure !== undefined) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 1));
      return await super.write(content, options);
    } finally {
      this.atOnce--;
    }
  }
}

function entries(path: string) {
  return [{ path, content: path }];
}

function tar(fill = 0): ReadableStream<Uint8Array> {
  return ReadableStream.from([new Uint8Array(1024).fill(fill)]);
}

const BOTH = createIndex([
  { image: makeImage([entries("amd64")], { platform: "linux/amd64" }) },
  { image: makeImage([entries("arm64")], { platform: "linux/arm64" }) },
]);

Deno.test("copy() writes layers, then config, then manifest, then the name", async () => {
  const store = new WatchedStore();
  await copy(makeImage([entries("a")]), store, { names: ["v1"] });
  assertEquals(store.written, ["layer.v1.tar+gzip", "config.v1+json", "manifest.v1+json"]);
  await store.commit();
  assertEquals(await Array.fromAsync(store.names()), ["v1"]);
});

Deno.test("copy() keeps digests", async () => {
  const store = new MemoryStore();
  const descriptor = await copy(BOTH, store, { names: ["v1"] });
  assertEquals(descriptor.digest, (await BOTH.descriptor()).digest);
  await store.commit();
  const again = new MemoryStore();
  assertEquals((await copy(await store.open("v1"), again)).digest, descriptor.digest);
});

Deno.test("copy() writes the children of an index before the index", async () => {
  const store = new WatchedStore();
  await copy(BOTH, store);
  assertEquals(store.written.at(-1), "index.v1+json");
  assertEquals(store.written.filter((type) => type === "manifest.v1+json").length, 2);
});

Deno.test("copy() sends content once that several images share", async () => {
  const shared = layerFromEntries(entries("shared"));
  const images = ["linux/amd64", "linux/arm64"].map((platform) => ({
    image: appendLayers(emptyImage({ platform: parsePlatform(platform) }), [shared]),
  }));
  const store = new WatchedStore();
  await copy(createIndex(images), store);
  assertEquals(store.written.filter((type) => type === "layer.v1.tar+gzip").length, 1);
});

Deno.test("copy() sends nothing twice to a place that has it", async () => {
  const store = new WatchedStore();
  const image = makeImage([entries("a")]);
  await copy(image, store);
  store.written.length = 0;
  const events: CopyEvent[] = [];
  await copy(image, store, { onEvent: (event) => events.push(event) });
  assertEquals(store.written, ["manifest.v1+json"]);
  const outcomes = events.flatMap((event) => event.kind === "done" ? event.outcome : []);
  assertEquals(outcomes, ["exists", "exists", "sent"]);
});

Deno.test("copy() lets a single-pass layer through in one pass", async () => {
  const layer = new StreamLayer(tar());
  const store = new MemoryStore();
  await copy(appendLayers(emptyImage(), [layer]), store, { names: ["v1"] });
  await store.commit();
  const opened = await store.open("v1");
  if (opened.kind !== "image") throw new TypeError("expected an image");
  const [copied] = await opened.layers();
  assertEquals(await copied?.digest(), await layer.digest());
});

Deno.test("copy() compresses anew what a place could not read", async () => {
  const store = new WatchedStore({ compressions: ["none"] });
  const image = makeImage([entries("a")]);
  await copy(image, store, { names: ["v1"] });
  assertEquals(store.written[0], "layer.v1.tar");
  await store.commit();
  const copied = await store.open("v1");
  if (copied.kind !== "image") throw new TypeError("expected an image");
  assertEquals(await copied.config(), await image.config());
  const [layer] = jsonOf(await copied.manifest()).layers;
  assertEquals(layer.digest, jsonOf(await image.config()).rootfs.diff_ids[0]);
});

Deno.test("copy() compresses a fresh layer as a place prefers", async () => {
  const store = new WatchedStore({ prefers: "none" });
  const layer = new StreamLayer(tar());
  await copy(appendLayers(emptyImage(), [layer]), store);
  assertEquals(store.written[0], "layer.v1.tar");
});

Deno.test("copy() chooses the host's image for a place that holds no index, and says so", async () => {
  const store = new WatchedStore({ index: false });
  const events: CopyEvent[] = [];
  await copy(BOTH, store, { onEvent: (event) => events.push(event) });
  assertEquals(store.written.includes("index.v1+json"), false);
  assertEquals(events[0]?.kind, "selected");
});

Deno.test("copy() of a platform that is not there says what is", async () => {
  const store = new WatchedStore();
  const platform = parsePlatform("linux/s390x");
  await assertRejects(() => copy(BOTH, store, { platform }), PlatformError, "linux/arm64");
  assertEquals(store.written, []);
});

Deno.test("copy() throws the first failure itself, and waits for the rest", async () => {
  const failure = new Error("disk on fire");
  const layers = Array.from({ length: 50 }, (_, fill) => new StreamLayer(tar(fill)));
  const store = new WatchedStore();
  store.fail = (_, count) => count === 7 ? failure : undefined;
  const image = appendLayers(emptyImage(), layers);
  assertStrictEquals(await assertRejects(() => copy(image, store, { names: ["v1"] })), failure);
  assertEquals(store.atOnce, 0);
  assertEquals(await Array.fromAsync(store.names()), []);
});

Deno.test("copy() ends the sources it never came to when it fails", async () => {
  const cancelled: unknown[] = [];
  const failure = new Error("no");
  const layers = Array.from({ length: 9 }, () =>
    new StreamLayer(
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(512)),
        cancel: (reason) => void cancelled.push(reason),
      }, { highWaterMark: 0 }),
    ));
  const store = new WatchedStore();
  store.fail = () => failure;
  await assertRejects(() => copy(appendLayers(emptyImage(), layers), store, { jobs: 1 }));
  assertEquals(cancelled, layers.map(() => failure));
});

Deno.test("copy() ends the sources of what it cannot choose an image from", async () => {
  let reason: unknown;
  const layer = new StreamLayer(
    new ReadableStream({
      cancel(given) {
        reason = given;
      },
    }),
  );
  const index = createIndex([{
    image: appendLayers(emptyImage(), [layer]),
    platform: parsePlatform("linux/amd64"),
  }]);
  const platform = parsePlatform("windows/amd64");
  const error = await assertRejects(() => copy(index, new MemoryStore(), { platform }));
  assertStrictEquals(reason, error);
});

type Wait = () => Promise<never>;

/** Views that never come to an end, from the call on of what they are given to wait with. */
const STALLED: readonly {
  readonly what: string;
  readonly make: (wait: Wait) => View;
  readonly host?: true;
}[] = [
  { what: "choice of an image", make: (wait) => ({ ...BOTH, children: wait }), host: true },
  { what: "config", make: (wait) => stalledImage("config", wait) },
  { what: "description of a config", make: (wait) => stalledImage("configDescriptor", wait) },
  { what: "manifest", make: (wait) => stalledImage("manifest", wait) },
  {
    what: "blob",
    make: (wait) => ({
      kind: "blob",
      descriptor: () => describeBytes(new Uint8Array(1), "text/plain"),
      content: wait,
    }),
  },
];

function stalledImage(part: "config" | "configDescriptor" | "manifest", wait: Wait): Image {
  const image: Image = { ...emptyImage(), [part]: wait, mapLayers: () => image };
  return image;
}

for (const { what, make, host = false } of STALLED) {
  Deno.test(`copy() stops while it waits for a ${what}`, async () => {
    const interruption = new AbortController();
    const { signal } = interruption;
    const view = make(() => {
      setTimeout(() => interruption.abort(new Error("enough")));
      return new Promise<never>(() => {});
    });
    const copying = copy(view, new WatchedStore({ index: !host }), { signal });
    await assertRejects(() => copying, Error, "enough");
  });
}

Deno.test("copy() shows a source's own error", async () => {
  const failure = new Error("the source broke");
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(failure),
  });
  const store = new MemoryStore();
  const image = appendLayers(emptyImage(), [new StreamLayer(broken)]);
  assertStrictEquals(await assertRejects(() => copy(image, store)), failure);
});

Deno.test("copy() runs no more transfers at once than jobs", async () => {
  const store = new WatchedStore();
  const image = makeImage(Array.from({ length: 12 }, (_, number) => entries(`file-${number}`)));
  await copy(createIndex([{ image }, { image: makeImage([entries("x")]) }]), store, { jobs: 3 });
  assertEquals(store.mostAtOnce, 3);
});

Deno.test("copy() stops when it is told to", async () => {
  const stop = new AbortController();
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new Uint8Array(512));
      stop.abort(new Error("enough"));
    },
  });
  const image = appendLayers(emptyImage(), [new StreamLayer(endless, { compression: "none" })]);
  await assertRejects(
    () => copy(image, new MemoryStore(), { signal: stop.signal }),
    Error,
    "enough",
  );
});

Deno.test("copy() leaves a foreign layer where its urls say, unless the place wants it", async () => {
  const store = new MemoryStore();
  const layer = layerFromEntries(entries("windows"));
  const foreign = {
    mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    descriptor: {
      mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
      digest: await layer.digest(),
      size: await layer.size(),
      urls: ["https://example.com/layer"],
    },
    digest: () => layer.digest(),
    diffId: () => layer.diffId(),
    size: () => layer.size(),
    compressed: () => layer.compressed(),
    uncompressed: () => layer.uncompressed(),
  };
  const image = appendLayers(emptyImage(), [foreign]);
  await copy(image, store);
  assertEquals(await store.has(foreign.descriptor), false);
  const keen = new WatchedStore({ nondistributable: true });
  await copy(image, keen);
  assertEquals(await keen.has(foreign.descriptor), true);
  const told = new WatchedStore();
  await copy(image, told, { nondistributable: true });
  assertEquals(await told.has(foreign.descriptor), true);
});
