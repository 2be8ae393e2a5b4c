import { assertEquals } from "@std/assert";
import { appendLayers } from "../../lib/image/append.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { copy } from "../../lib/store/copy.ts";

Deno.test("a copy of an image that is there already takes three requests, however many layers", async () => {
  const requests: string[] = [];
  const log = ({ method, path }: { method: string; path: string }) =>
    void requests.push(`${method} ${path.replace(/sha256:\w+/, "DIGEST")}`);
  await using source = await serveRegistry({ log });
  await using target = await serveRegistry({ log });
  using transport = new Transport();
  const from = new Repository({ registry: source.address, repository: "a" }, { transport });
  const to = new Repository({ registry: target.address, repository: "b" }, { transport });
  const layers = Array.from({ length: 10 }, (_, index) => ({
    layer: layerFromEntries([{ path: `file${index}`, content: "some" }]),
  }));
  await copy(appendLayers(emptyImage(), layers), from, { names: ["1"] });
  const expected = await copy(await from.open("1"), to, { names: ["1"] });
  requests.length = 0;
  assertEquals(await copy(await from.open("1"), to, { names: ["1"] }), expected);
  assertEquals(requests, [
    "GET /v2/a/manifests/1",
    "HEAD /v2/b/manifests/DIGEST",
    "PUT /v2/b/manifests/1",
  ]);
});
