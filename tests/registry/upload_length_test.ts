import { assert, assertEquals, assertRejects } from "@std/assert";
import { DigestMismatchError } from "../../lib/errors.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { contentOf, describe, singlePass } from "./world.ts";

/** More than what goes out in one request with the end of the upload. */
const BYTES = new Uint8Array(3 * 1024 * 1024).map((_, index) => index * index >> 8);

interface Upload {
  readonly length: string | null;
  readonly coding: string | null;
  /** How many bytes came. */
  readonly received: number;
}

/** A registry that notes how it is sent the bytes of uploads. */
function noteUploads(): AsyncDisposable & { readonly name: string; readonly uploads: Upload[] } {
  const uploads: Upload[] = [];
  const headers = { location: "/up" };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async ({ method, headers: sent, body }) => {
      if (method === "HEAD") return new Response(null, { status: 404 });
      if (method === "PATCH") {
        let received = 0;
        try {
          for await (const chunk of body ?? []) received += chunk.length;
        } catch {
          // The client has left.
        }
        const [length, coding] = ["content-length", "transfer-encoding"].map((name) =>
          sent.get(name)
        );
        uploads.push({ length: length ?? null, coding: coding ?? null, received });
      }
      return new Response(null, { status: method === "PUT" ? 201 : 202, headers });
    },
  );
  return {
    name: `127.0.0.1:${server.addr.port}`,
    uploads,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("a large blob goes out in one request, with its length", async () => {
  await using registry = noteUploads();
  using transport = new Transport();
  const app = new Repository({ registry: registry.name, repository: "app" }, { transport });
  await app.write(contentOf(await describe(BYTES)));
  const length = String(BYTES.length);
  assertEquals(registry.uploads, [{ length, coding: null, received: BYTES.length }]);
});

Deno.test("what has no length yet goes out in chunks", async () => {
  await using registry = noteUploads();
  using transport = new Transport();
  const app = new Repository({ registry: registry.name, repository: "app" }, { transport });
  await app.write(singlePass(await describe(BYTES)));
  assertEquals(registry.uploads, [{ length: null, coding: "chunked", received: BYTES.length }]);
});

Deno.test("a blob that turns out wrong at its end is never sent whole", async () => {
  await using registry = noteUploads();
  using transport = new Transport({ retry: { attempts: 1 } });
  const app = new Repository({ registry: registry.name, repository: "app" }, { transport });
  const { descriptor } = await describe(BYTES);
  const wrong = contentOf({ bytes: BYTES.with(0, 1), descriptor });
  await assertRejects(() => app.write(wrong), DigestMismatchError);
  assert(registry.uploads.every(({ received }) => received < BYTES.length));
});
