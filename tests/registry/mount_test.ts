import { assertEquals } from "@std/assert";
import { Repository } from "../../lib/registry/repository.ts";
import {
  contentOf,
  createWorld,
  describe,
  errorAnswer,
  HOST,
  openTransport,
  ORIGIN,
  upload,
} from "./world.ts";

Deno.test("mount() takes a blob from a repository of the same registry", async () => {
  const blob = await describe("hello");
  const world = createWorld(() => new Response(null, { status: 201 }));
  const transport = openTransport(world);
  const open = (registry: string, repository: string) =>
    new Repository({ registry, repository }, { transport });
  const app = open(HOST, "app");
  assertEquals(await app.mount(blob.descriptor, open(HOST, "base/os")), true);
  const digest = encodeURIComponent(blob.descriptor.digest);
  assertEquals(world.lines, [`POST /v2/app/blobs/uploads/?mount=${digest}&from=base%2Fos`]);
  assertEquals(await app.mount(blob.descriptor, open("other.example", "base/os")), false);
  assertEquals(await app.mount(blob.descriptor, open(HOST, "app")), false);
  const elsewhere = { fetch: () => Promise.reject(new Error("not asked")) };
  assertEquals(await app.mount(blob.descriptor, elsewhere), false);
  assertEquals(world.lines.length, 1);
});

Deno.test("mount() asks for a token of both repositories, its own first", async () => {
  const blob = await describe("hello");
  const world = createWorld({
    [ORIGIN]: ({ headers }) =>
      new Response(
        null,
        headers.has("authorization")
          ? { status: 201 }
          : { status: 401, headers: { "www-authenticate": 'Bearer realm="https://a.example/t"' } },
      ),
    "https://a.example": () => Response.json({ token: "good" }),
  });
  const transport = openTransport(world);
  const base = new Repository({ registry: HOST, repository: "base" }, { transport });
  const app = new Repository({ registry: HOST, repository: "app" }, { transport });
  assertEquals(await app.mount(blob.descriptor, base), true);
  const asked = world.seen[1]?.url.searchParams.getAll("scope");
  assertEquals(asked, ["repository:app:pull,push", "repository:base:pull"]);
});

Deno.test("mount() that becomes an upload is used for it, not opened again", async () => {
  const blob = await describe("hello");
  const world = createWorld(upload);
  const transport = openTransport(world);
  const base = new Repository({ registry: HOST, repository: "base" }, { transport });
  await using app = new Repository({ registry: HOST, repository: "app" }, { transport });
  assertEquals(await app.mount(blob.descriptor, base), false);
  await app.write(contentOf(blob));
  assertEquals(world.seen.map(({ line }) => line.split(" ")[0]), ["POST", "PUT"]);
});

Deno.test("mount() that becomes an upload nobody uses is given up in the end", async () => {
  const blob = await describe("hello");
  const world = createWorld(upload);
  const transport = openTransport(world);
  const base = new Repository({ registry: HOST, repository: "base" }, { transport });
  {
    await using app = new Repository({ registry: HOST, repository: "app" }, { transport });
    await app.mount(blob.descriptor, base);
    await app.commit();
  }
  assertEquals(world.lines.at(-1), "DELETE /up?_state=a%2Bb");
});

for (const status of [400, 401, 403, 404, 405]) {
  Deno.test(`mount() refused with ${status} means that the blob has to be sent`, async () => {
    const blob = await describe("hello");
    const world = createWorld(() => errorAnswer(status, "DENIED"));
    const transport = openTransport(world);
    const base = new Repository({ registry: HOST, repository: "base" }, { transport });
    const app = new Repository({ registry: HOST, repository: "app" }, { transport });
    assertEquals(await app.mount(blob.descriptor, base), false);
  });
}
