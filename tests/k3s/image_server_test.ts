/** The registry that davit is while nodes pull from it. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { appendLayers } from "../../lib/image/append.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import type { Image } from "../../lib/image/image.ts";
import { ImageServer, type ImageServerOptions } from "../../lib/k3s/image_server.ts";
import { BlobLayer } from "../../lib/layer/blob_layer.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { layerMediaType } from "../../lib/oci/media_type.ts";
import type { CopyEvent } from "../../lib/store/events.ts";

/** More than the buffers on the way hold. */
const LARGE = new Uint8Array(40_000_000);

Deno.test("what a node fetches is counted and told", async () => {
  const events: CopyEvent[] = [];
  await using server = listen({ onEvent: (event) => events.push(event) });
  let count = 0;
  using offer = await server.offer(await largeImage(), { onBytes: (bytes) => count += bytes });
  const response = await fetch(await blobOf(offer.reference));
  assertEquals((await response.bytes()).length, LARGE.length);
  assertEquals(count, LARGE.length);
  assertEquals(events.at(0)?.kind, "start");
  assertEquals(events.at(-1)?.kind, "done");
});

Deno.test("a node that asks for something and does not read on is told of", async () => {
  await using server = listen({ patience: 10 });
  const { promise, resolve } = Promise.withResolvers<void>();
  using offer = await server.offer(await largeImage(), { onBytes() {}, onStalled: resolve });
  const response = await fetch(await blobOf(offer.reference));
  await promise;
  await response.body?.cancel();
});

Deno.test("what is no longer offered comes to no end, and is not found again", async () => {
  await using server = listen();
  const broken: unknown[] = [];
  const onBroken = (error: unknown) => broken.push(error);
  const offer = await server.offer(await largeImage(), { onBytes() {}, onBroken });
  const url = await blobOf(offer.reference);
  const response = await fetch(url);
  offer[Symbol.dispose]();
  await assertRejects(() => response.bytes());
  const again = await fetch(url);
  assertEquals(again.status, 404);
  await again.body?.cancel();
  assertEquals(broken, [], "that is not the image's fault");
});

Deno.test("a registry that hangs up does not wait for who does not read", async () => {
  const server = listen();
  using offer = await server.offer(await largeImage(), { onBytes() {} });
  const response = await fetch(await blobOf(offer.reference));
  await server[Symbol.asyncDispose]();
  await assertRejects(() => response.bytes());
  assert(response.ok);
});

function listen(options: ImageServerOptions = {}): ImageServer {
  return ImageServer.listen("127.0.0.1", options);
}

async function largeImage(): Promise<Image> {
  const digest = await digestBytes(LARGE);
  const descriptor = { mediaType: layerMediaType("oci", "none"), digest, size: LARGE.length };
  const origin = { fetch: () => Promise.resolve(ReadableStream.from(chunks())) };
  const layer = new BlobLayer({ descriptor, origin, diffId: () => Promise.resolve(digest) });
  return appendLayers(emptyImage(), [layer]);
}

function* chunks(): Generator<Uint8Array> {
  for (let start = 0; start < LARGE.length; start += 65_536) {
    yield LARGE.subarray(start, start + 65_536);
  }
}

async function blobOf(reference: string): Promise<string> {
  const [, host, name] = /^([^/]+)\/(.+)@/.exec(reference) ?? [];
  return `http://${host}/v2/${name}/blobs/${await digestBytes(LARGE)}`;
}
