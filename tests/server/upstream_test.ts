import { assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { Repository, Transport } from "../../lib/registry/mod.ts";
import {
  createRegistry,
  diskRepositories,
  memoryRepositories,
  type Repositories,
  serveRegistry,
  type Upstream,
} from "../../lib/server/mod.ts";
import type { CreateRegistryOptions } from "../../lib/server/create_registry.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { tempDir } from "../support/temp_dir.ts";
import { digestOf, Wire } from "./wire.ts";

const HOST = "upstream.example";

/** A registry, as whoever caches it speaks to it, and what it was asked. */
class Origin implements AsyncDisposable {
  readonly wire: Wire;
  readonly asked: string[] = [];
  readonly authorizations = new Set<string | null>();
  /** Answers in its place, unless it returns nothing. */
  intervene: (request: Request) => Response | Promise<Response> | undefined = () => undefined;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #transport: Transport;

  constructor() {
    const registry = createRegistry({ repositories: memoryRepositories() });
    this.wire = new Wire(registry);
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      this.asked.push(`${request.method} ${new URL(request.url).pathname}`);
      this.authorizations.add(request.headers.get("authorization"));
      return this.intervene(request) ?? registry.fetch(request);
    });
    this.#transport = new Transport({
      retry: { attempts: 1 },
      keychain: {
        credentials: () => Promise.resolve({ username: "cache", password: "upstream-secret" }),
      },
    });
  }

  as(registry: string, options: Omit<Partial<Upstream>, "open"> = {}): Upstream {
    const name = `127.0.0.1:${this.#server.addr.port}`;
    const transport = this.#transport;
    return {
      registry,
      ...options,
      open: (repository) => new Repository({ registry: name, repository }, { transport }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#transport[Symbol.dispose]();
    await this.#server.shutdown();
  }
}

interface World extends AsyncDisposable {
  readonly origin: Origin;
  readonly cache: Wire;
  readonly repositories: Repositories;
}

type Test = (world: Omit<World, keyof AsyncDisposable>) => Promise<void>;

/** Registers a test of a cache in memory, and of one on disk. */
function cacheTest(
  name: string,
  test: Test,
  options: Omit<CreateRegistryOptions, "repositories"> = {},
): void {
  for (const place of ["memory", "disk"]) {
    Deno.test(`${name} (${place})`, async () => {
      await using directory = await tempDir();
      const repositories = place === "disk"
        ? await diskRepositories(directory.path)
        : memoryRepositories();
      await using origin = new Origin();
      await using registry = createRegistry({
        repositories,
        upstreams: [origin.as(HOST)],
        ...options,
      });
      await test({ origin, cache: new Wire(registry), repositories });
    });
  }
}

const TAG = `/v2/app/manifests/v1?ns=${HOST}`;

interface Parts {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

async function pull(cache: Wire, path: string): Promise<Descriptor[]> {
  const { status, text } = await cache.send("GET", path);
  assertEquals(status, 200, text);
  const { config, layers }: Parts = JSON.parse(text);
  const blobs = [config, ...layers];
  for (const { digest } of blobs) {
    const blob = await cache.send("GET", path.replace(/manifests\/[^?]+/, `blobs/${digest}`));
    assertEquals([blob.status, await digestOf(blob.text)], [200, digest]);
  }
  return blobs;
}

cacheTest("an image is fetched once, kept, and then served from here", async (world) => {
  const { origin, cache, repositories } = world;
  const { digest } = await origin.wire.pushImage("app", "v1");
  await pull(cache, TAG);
  assertEquals(await repositories.names(), [`${HOST}/app`]);
  origin.asked.length = 0;
  await pull(cache, TAG);
  await pull(cache, TAG.replace("v1", digest));
  assertEquals(origin.asked, ["HEAD /v2/app/manifests/v1"]);
});

cacheTest("a tag that moved there moves here", async ({ origin, cache }) => {
  const first = await origin.wire.pushImage("app", "v1");
  await pull(cache, TAG);
  const second = await origin.wire.pushImage("app", "v1", { annotations: { n: "2" } });
  assertNotEquals(first.digest, second.digest);
  const { headers } = await cache.send("HEAD", TAG);
  assertEquals(headers.get("docker-content-digest"), second.digest);
});

cacheTest("while the other registry fails, its images are served with a warning", async (world) => {
  const { origin, cache } = world;
  await origin.wire.pushImage("app", "v1");
  await pull(cache, TAG);
  origin.intervene = () => new Response("down", { status: 503 });
  await pull(cache, TAG);
  const { headers } = await cache.send("GET", TAG);
  assertMatch(headers.get("warning") ?? "", /^299 - "upstream.example does not answer: [^"]+"$/);
  assertEquals((await cache.send("GET", TAG.replace("v1", "v2"))).status, 502);
});

cacheTest("what the other registry no longer has is gone here too", async ({ origin, cache }) => {
  await origin.wire.pushImage("app", "v1");
  await pull(cache, TAG);
  await origin.wire.send("DELETE", "/v2/app/manifests/v1");
  assertEquals((await cache.send("GET", TAG)).code, "MANIFEST_UNKNOWN");
  origin.intervene = () => new Response("down", { status: 503 });
  assertEquals((await cache.send("GET", TAG)).status, 502);
});

cacheTest("many who want one blob at once cost one download", async ({ origin, cache }) => {
  const { digest } = await origin.wire.pushBlob("app", "x".repeat(3_000_000));
  const path = `/v2/app/blobs/${digest}?ns=${HOST}`;
  const answers = await Promise.all(Array.from({ length: 10 }, () => cache.send("GET", path)));
  for (const { status, text } of answers) {
    assertEquals([status, await digestOf(text)], [200, digest]);
  }
  assertEquals(origin.asked.filter((line) => line.startsWith("GET")).length, 1);
});

cacheTest("a blob is passed on as it arrives, also from the middle", async ({ origin, cache }) => {
  const { digest } = await origin.wire.pushBlob("app", "0123456789");
  const { promise: rest, resolve: goOn } = Promise.withResolvers<void>();
  origin.intervene = (request) =>
    request.method === "GET"
      ? new Response(
        ReadableStream.from((async function* () {
          yield new TextEncoder().encode("01234");
          await rest;
          yield new TextEncoder().encode("56789");
        })()),
        { headers: { "content-length": "10" } },
      )
      : undefined;
  const path = `http://cache.test/v2/app/blobs/${digest}?ns=${HOST}`;
  const whole = await cache.registry.fetch(new Request(path));
  const part = await cache.registry.fetch(new Request(path, { headers: { range: "bytes=2-7" } }));
  assertEquals([whole.status, part.status], [200, 206]);
  const [first, second] = [whole.body?.getReader(), part.body?.getReader()];
  const decoder = new TextDecoder();
  assertMatch(decoder.decode((await first?.read())?.value), /^0123/);
  assertMatch(decoder.decode((await second?.read())?.value), /^23/);
  goOn();
  for (const reader of [first, second]) while (!(await reader?.read())?.done);
});

cacheTest("a wrong blob is neither passed on whole nor kept", async ({ origin, cache }) => {
  const { digest } = await origin.wire.pushBlob("app", "right");
  const path = `/v2/app/blobs/${digest}?ns=${HOST}`;
  origin.intervene = (request) => request.method === "GET" ? new Response("wrong") : undefined;
  await assertRejects(() => cache.send("GET", path));
  assertEquals((await cache.send("HEAD", path)).status, 200);
  origin.intervene = () => new Response(null, { status: 404 });
  assertEquals((await cache.send("GET", path)).status, 404, "it was not kept");
  origin.intervene = () => undefined;
  assertEquals((await cache.send("GET", path)).text, "right");
});

cacheTest("a wrong manifest is neither passed on nor kept", async ({ origin, cache }) => {
  const { digest } = await origin.wire.pushImage("app", "v1");
  origin.intervene = (request) =>
    request.method === "GET" ? new Response('{"schemaVersion":2}') : undefined;
  for (const path of [TAG, TAG.replace("v1", digest)]) {
    assertEquals((await cache.send("GET", path)).status, 502);
  }
  origin.intervene = () => undefined;
  await pull(cache, TAG);
});

cacheTest("asking how large a blob is does not fetch it", async ({ origin, cache }) => {
  const { digest } = await origin.wire.pushBlob("app", "content");
  const { headers } = await cache.send("HEAD", `/v2/app/blobs/${digest}?ns=${HOST}`);
  assertEquals(headers.get("content-length"), "7");
  assertEquals(origin.asked.filter((line) => line.startsWith("GET")), []);
});

cacheTest("the registry's name may begin the path instead", async ({ origin, cache }) => {
  await origin.wire.pushImage("library/app", "v1");
  await pull(cache, `/v2/${HOST}/library/app/manifests/v1`);
  const { text } = await cache.send("GET", `/v2/${HOST}/library/app/tags/list`);
  assertEquals(JSON.parse(text).tags, ["v1"]);
});

cacheTest(
  "what is about an image there is found here, and while that registry fails",
  async (world) => {
    const { origin, cache } = world;
    const subject = await origin.wire.pushImage("app", "v1");
    const about = await origin.wire.pushImage("app", undefined, { subject });
    const path = `/v2/app/referrers/${subject.digest}?ns=${HOST}`;
    const list = async () =>
      JSON.parse((await cache.send("GET", path)).text).manifests.map((it: Descriptor) => it.digest);
    assertEquals(await list(), [about.digest]);
    await pull(cache, TAG.replace("v1", about.digest));
    origin.intervene = () => new Response("down", { status: 503 });
    assertEquals(await list(), [about.digest]);
  },
);

cacheTest("a registry that is not cached here is unknown", async ({ cache }) => {
  const { status, code } = await cache.send("GET", TAG.replace(HOST, "other.example"));
  assertEquals([status, code], [404, "NAME_UNKNOWN"]);
});

cacheTest("a cache takes no pushes, and forgets what is deleted", async ({ origin, cache }) => {
  const { digest } = await origin.wire.pushImage("app", "v1");
  await pull(cache, TAG);
  const image = await origin.wire.imageOf("app", []);
  assertEquals((await cache.putManifest(`${HOST}/app`, "v1", image)).status, 405);
  assertEquals((await cache.send("POST", `/v2/${HOST}/app/blobs/uploads/`)).status, 405);
  assertEquals((await cache.send("DELETE", `/v2/${HOST}/app/manifests/${digest}`)).status, 202);
});

cacheTest("what is missing there is missing here", async ({ cache }) => {
  assertEquals((await cache.send("GET", TAG)).code, "MANIFEST_UNKNOWN");
  const blob = `/v2/app/blobs/${await digestOf("nothing")}?ns=${HOST}`;
  assertEquals((await cache.send("GET", blob)).code, "BLOB_UNKNOWN");
  assertEquals((await cache.send("GET", `/v2/app/tags/list?ns=${HOST}`)).code, "NAME_UNKNOWN");
});

cacheTest("a limit there is a limit here", async ({ origin, cache }) => {
  origin.intervene = () => new Response(null, { status: 429 });
  const { status, code } = await cache.send("GET", TAG);
  assertEquals([status, code], [429, "TOOMANYREQUESTS"]);
});

cacheTest("credentials stay on their side", async ({ origin, cache }) => {
  origin.intervene = (request) => {
    const expected = `Basic ${btoa("cache:upstream-secret")}`;
    if (request.headers.get("authorization") === expected) return undefined;
    const challenge = { "www-authenticate": 'Basic realm="upstream"' };
    return new Response(null, { status: 401, headers: challenge });
  };
  await origin.wire.pushImage("app", "v1");
  const authorization = `Basic ${btoa("ann:secret")}`;
  assertEquals((await cache.send("GET", TAG)).status, 401, "our users sign in here");
  const { status } = await cache.send("GET", TAG, { headers: { authorization } });
  assertEquals(status, 200);
  assertEquals(origin.authorizations.has(authorization), false);
  origin.intervene = () =>
    new Response(null, { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } });
  const refused = await cache.send("GET", TAG.replace("v1", "v2"), { headers: { authorization } });
  assertEquals([refused.status, refused.headers.get("www-authenticate")], [403, null]);
}, { auth: { verify: (user, password) => `${user}:${password}` === "ann:secret" } });

Deno.test("what nobody has asked a cache for in a long time makes room, tags and all", async () => {
  await using directory = await tempDir();
  await using origin = new Origin();
  await using registry = createRegistry({
    repositories: await diskRepositories(directory.path),
    upstreams: [origin.as(HOST)],
  });
  const cache = new Wire(registry);
  await cache.pushImage("own", "v1", { annotations: { is: "no cache" } });
  for (const tag of ["v1", "v2"]) {
    await origin.wire.pushImage("app", tag, { annotations: { tag } });
    await pull(cache, TAG.replace("v1", tag));
  }
  const longAgo = new Date(Date.now() - 48 * 3_600_000);
  for (const repository of [`${HOST}+app`, "own"]) {
    const blobs = directory.join(repository, "blobs", "sha256");
    for await (const { name } of Deno.readDir(blobs)) {
      await Deno.utime(`${blobs}/${name}`, longAgo, longAgo);
    }
  }
  await cache.send("HEAD", TAG);
  assertEquals((await registry.collectGarbage()).removed, []);
  const cachedMs = 24 * 3_600_000;
  const planned = await registry.collectGarbage({ cachedMs, dryRun: true });
  const places = new Set(planned.removed.map(({ repository }) => repository));
  assertEquals([...places], [`${HOST}/app`]);
  const { removed } = await registry.collectGarbage({ cachedMs });
  assertEquals(removed, planned.removed);
  origin.intervene = () => new Response(null, { status: 503 });
  assertEquals((await cache.send("GET", TAG)).status, 200);
  assertEquals((await cache.send("GET", TAG.replace("v1", "v2"))).status, 502);
  assertEquals((await cache.send("GET", "/v2/own/manifests/v1")).status, 200);
  origin.intervene = () => undefined;
  await pull(cache, TAG.replace("v1", "v2"));
});

Deno.test("a fallback is asked for what is not here, and never in place of it", async () => {
  await using origin = new Origin();
  const upstreams = [origin.as("docker.io", { fallback: true })];
  await using registry = createRegistry({ repositories: memoryRepositories(), upstreams });
  const cache = new Wire(registry);
  await origin.wire.pushImage("library/app", "v1");
  await pull(cache, "/v2/library/app/manifests/v1");
  await pull(cache, "/v2/library/app/manifests/v1?ns=docker.io");
  await pull(cache, "/v2/docker.io/library/app/manifests/v1");
  const own = await cache.pushImage("own", "v1");
  await origin.wire.pushImage("own", "v2");
  const { text } = await cache.send("GET", "/v2/own/tags/list");
  assertEquals(JSON.parse(text).tags, ["v1"]);
  assertEquals((await cache.send("GET", "/v2/own/manifests/v2")).status, 404);
  await pull(cache, `/v2/own/manifests/${own.digest}`);
});

Deno.test("two registries of one name cannot be cached", async () => {
  await using origin = new Origin();
  const upstreams = [origin.as("docker.io"), origin.as("docker.io")];
  await assertRejects(() => serveRegistry({ upstreams }), TypeError);
});

Deno.test("a registry that shuts down breaks off what it fetches", async () => {
  await using origin = new Origin();
  const { digest } = await origin.wire.pushBlob("app", "0123456789");
  origin.intervene = (request) =>
    request.method === "GET"
      ? new Response(new ReadableStream({ start: (it) => it.enqueue(new Uint8Array(1)) }), {
        headers: { "content-length": "10" },
      })
      : undefined;
  {
    await using server = await serveRegistry({ upstreams: [origin.as(HOST)], graceMs: 10 });
    const answer = await fetch(`${server.url}/v2/app/blobs/${digest}?ns=${HOST}`);
    assertEquals(answer.status, 200);
    await answer.body?.cancel();
  }
});

cacheTest("asking for what is nowhere leaves nothing behind", async ({ cache, repositories }) => {
  const digest = await digestOf("nothing");
  for (const path of [`manifests/v1`, `manifests/${digest}`, `blobs/${digest}`, "tags/list"]) {
    assertEquals((await cache.send("GET", `/v2/${HOST}/nowhere/${path}`)).status, 404, path);
  }
  assertEquals((await cache.send("GET", `/v2/${HOST}/nowhere/referrers/${digest}`)).status, 200);
  assertEquals(await repositories.find(`${HOST}/nowhere`), undefined);
});
