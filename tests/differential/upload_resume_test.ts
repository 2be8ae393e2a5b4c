import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NetworkError } from "../../lib/errors.ts";
import { StreamLayer } from "../../lib/layer/stream_layer.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import {
  bytesContent,
  type Content,
  describeBytes,
  layerContent,
} from "../../lib/store/content.ts";
import { cutConnections } from "../support/cutting_proxy.ts";
import { startCraneRegistry } from "../support/crane_registry.ts";
import { DOCKER_REGISTRY_NEEDS, startDockerRegistry } from "../support/docker_registry.ts";
import { peerTest } from "../support/peers.ts";

const MIB = 1024 * 1024;
const SIZE = 14 * MIB;

/** Content that comes a bit at a time, and once only if that is wished. */
async function contentOf(bytes: Uint8Array, isSinglePass: boolean): Promise<Content> {
  const descriptor = await describeBytes(bytes, "application/octet-stream");
  const chunks = Array.from(
    { length: SIZE / MIB },
    (_, at) => bytes.subarray(at * MIB, (at + 1) * MIB),
  );
  return {
    ...bytesContent(bytes, descriptor),
    ...(isSinglePass ? { descriptor: undefined } : {}),
    open: () => Promise.resolve(ReadableStream.from(chunks)),
  };
}

for (
  const { peer, needs, start } of [
    { peer: "docker-registry", needs: DOCKER_REGISTRY_NEEDS, start: startDockerRegistry },
    { peer: "crane's registry", needs: ["crane"], start: startCraneRegistry },
  ]
) {
  for (const isSinglePass of [false, true]) {
    const kind = isSinglePass ? "single-pass" : "replayable";
    peerTest(
      `a ${kind} upload to ${peer} survives connections that are cut`,
      { needs },
      async () => {
        const bytes = new Uint8Array(SIZE).map((_, at) => (at * at) >> 5);
        await using registry = await start();
        await using proxy = cutConnections(registry.name, [3 * MIB, 9 * MIB]);
        using transport = new Transport({ retry: { baseMs: 20 } });
        const name = { registry: proxy.address, repository: "app" };
        await using app = new Repository(name, { transport });
        const written = await app.write(await contentOf(bytes, isSinglePass));
        assertEquals(await new Response(await app.fetch(written)).bytes(), bytes);
        assertEquals(proxy.cuts(), 2);
      },
    );
  }

  peerTest(`an upload to ${peer} goes in pieces where that is wished`, { needs }, async () => {
    const bytes = new Uint8Array(SIZE).map((_, at) => (at * at) >> 3);
    await using registry = await start();
    using transport = new Transport({ uploadPieceBytes: 4 * MIB });
    const name = { registry: registry.name, repository: "app" };
    await using app = new Repository(name, { transport });
    const written = await app.write(await contentOf(bytes, true));
    assert(await app.has(written));
    assertEquals(await new Response(await app.fetch(written)).bytes(), bytes);
  });
}

peerTest("a single-pass upload that a registry kept nothing of says what would have survived", {
  needs: DOCKER_REGISTRY_NEEDS,
}, async () => {
  const chunks = Array.from({ length: 40 }, (_, at) => new Uint8Array(MIB).fill(at));
  await using registry = await startDockerRegistry();
  await using proxy = cutConnections(registry.name, [30 * MIB, 30 * MIB]);
  async function upload(uploadPieceBytes?: number): Promise<void> {
    const pieces = uploadPieceBytes === undefined ? {} : { uploadPieceBytes };
    using transport = new Transport({ retry: { baseMs: 20 }, ...pieces });
    const name = { registry: proxy.address, repository: "app" };
    await using app = new Repository(name, { transport });
    const layer = new StreamLayer(ReadableStream.from(chunks), { compression: "none" });
    await app.write(layerContent(layer));
  }
  const error = await assertRejects(() => upload(), NetworkError);
  assertStringIncludes(error.message, "--chunk-size");
  await upload(4 * MIB);
  assertEquals(proxy.cuts(), 2);
});
