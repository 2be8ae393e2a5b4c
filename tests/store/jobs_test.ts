import { assertEquals } from "@std/assert";
import { createIndex } from "../../lib/image/create_index.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { Attachments } from "../../lib/store/attachments.ts";
import { copy } from "../../lib/store/copy.ts";
import { createArtifact } from "../../lib/artifact/create_artifact.ts";
import { makeImage } from "../support/images.ts";

/** Counts requests from their start until their answer's body is read or given back. */
class Counter {
  most = 0;
  #inFlight = 0;

  readonly fetch = async (url: URL, init: RequestInit): Promise<Response> => {
    this.most = Math.max(this.most, ++this.#inFlight);
    const end = () => void this.#inFlight--;
    await new Promise((resolve) => setTimeout(resolve, 2));
    const answer = await fetch(url, init);
    if (answer.body === null) end();
    return new Response(answer.body && ended(answer.body, end), answer);
  };
}

function ended(source: ReadableStream<Uint8Array>, end: () => void): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      end();
      controller.close();
    },
    cancel(reason) {
      end();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

for (const jobs of [1, 3]) {
  Deno.test(`copy() with ${jobs} jobs has no more requests than that under way on either side`, async () => {
    await using server = await serveRegistry();
    await using other = await serveRegistry();
    const images = Array.from({ length: 4 }, (_, number) => ({
      image: makeImage(
        Array.from({ length: 5 }, (_, layer) => [{ path: `${number}-${layer}`, content: "x" }]),
        { platform: `linux/arm/v${number + 5}` },
      ),
    }));
    const [from, to] = [new Counter(), new Counter()];
    using plain = new Transport();
    using reading = new Transport({ fetch: from.fetch });
    using writing = new Transport({ fetch: to.fetch });
    const name = { registry: server.address, repository: "app" };
    await using setUp = new Repository(name, { transport: plain });
    const index = await copy(createIndex(images), setUp, { names: ["v1"] });
    for (const type of ["example/a", "example/b", "example/c"]) {
      await copy(await createArtifact({ artifactType: type, subject: index }), setUp);
    }
    await using source = new Repository(name, { transport: reading });
    const copied = { registry: other.address, repository: "copy" };
    await using target = new Repository(copied, { transport: writing });
    await copy(await source.open("v1"), target, {
      names: ["v1"],
      jobs,
      attachments: new Attachments(source),
    });
    assertEquals([from.most <= jobs, to.most <= jobs], [true, true], `${from.most}, ${to.most}`);
    assertEquals(to.most, jobs);
  });
}
