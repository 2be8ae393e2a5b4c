import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { appendLayers } from "../../lib/image/append.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { StreamLayer } from "../../lib/layer/stream_layer.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { copy } from "../../lib/store/copy.ts";

const LAYERS = 50;
const CHUNK = 256 * 1024;
const CHUNKS = 8;

/** Bytes that do not compress, so that something flows; the stream may break in the middle. */
function source(failure?: Error): ReadableStream<Uint8Array> {
  let left = CHUNKS;
  return new ReadableStream({
    pull(controller) {
      if (left-- === 0) return controller.close();
      if (failure !== undefined && left === CHUNKS / 2) return controller.error(failure);
      const chunk = new Uint8Array(CHUNK);
      for (let at = 0; at < CHUNK; at += 65_536) {
        crypto.getRandomValues(chunk.subarray(at, at + 65_536));
      }
      controller.enqueue(chunk);
    },
  }, { highWaterMark: 0 });
}

for (const compression of ["gzip", "none"] as const) {
  Deno.test(`of ${LAYERS} ${compression} layers pushed at once one fails: one clear error, no tag`, async () => {
    await using server = await serveRegistry();
    using transport = new Transport();
    const name = { registry: server.address, repository: "many" };
    await using repository = new Repository(name, { transport });
    const failure = new Error("the seventeenth source broke");
    const layers = Array.from(
      { length: LAYERS },
      (_, number) => new StreamLayer(source(number === 17 ? failure : undefined), { compression }),
    );
    const image = appendLayers(emptyImage(), layers);
    const error = await assertRejects(() =>
      copy(image, repository, { names: ["v1"], jobs: LAYERS })
    );
    assertStrictEquals(error, failure);
    await assertRejects(() => repository.resolve("v1"));
  });
}

Deno.test(`${LAYERS} layers pushed at once arrive, each under its digest`, async () => {
  await using server = await serveRegistry();
  using transport = new Transport();
  const name = { registry: server.address, repository: "many" };
  await using repository = new Repository(name, { transport });
  const layers = Array.from({ length: LAYERS }, () => new StreamLayer(source(), { level: 1 }));
  await copy(appendLayers(emptyImage(), layers), repository, { names: ["v1"], jobs: LAYERS });
  const view = await repository.open("v1");
  if (view.kind !== "image") throw new TypeError("expected an image");
  for (const [number, layer] of (await view.layers()).entries()) {
    assertEquals(await layer.digest(), await layers[number]?.digest());
    let size = 0;
    for await (const chunk of layer.uncompressed()) size += chunk.length;
    assertEquals(size, CHUNK * CHUNKS);
  }
});
