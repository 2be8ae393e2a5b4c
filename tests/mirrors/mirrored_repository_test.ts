import { assertEquals, assertRejects } from "@std/assert";
import { NetworkError, NotFoundError } from "../../lib/errors.ts";
import { createLayout } from "../../lib/layout/open_layout.ts";
import { MirroredRepository } from "../../lib/mirrors/mirrored_repository.ts";
import { RegistryRules } from "../../lib/mirrors/registry_rules.ts";
import { parseLocation } from "../../lib/places/location.ts";
import { openDestination, openSource } from "../../lib/places/open.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport, type TransportOptions } from "../../lib/registry/transport.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { copy } from "../../lib/store/copy.ts";
import { runOk } from "../support/command.ts";
import { DOCKER_REGISTRY_NEEDS, startDockerRegistry } from "../support/docker_registry.ts";
import { makeImage } from "../support/images.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const IMAGE = makeImage([[{ path: "a", content: "a" }], [{ path: "b", content: "b" }]]);
const OTHER = makeImage([[{ path: "c", content: "c" }]]);

async function push(registry: string, repository: string, image = IMAGE): Promise<string> {
  using transport = new Transport();
  await using store = new Repository({ registry, repository }, { transport });
  return (await copy(image, store, { names: ["v1"] })).digest;
}

/** A transport that notes which server is asked for what. */
function listening(asked: string[], options: TransportOptions = {}): Transport {
  return new Transport({
    retry: { attempts: 1 },
    fetch: (url, init) => {
      asked.push(`${init.method} ${url.host}${url.pathname}`);
      return fetch(url, init);
    },
    ...options,
  });
}

function mirroring(origin: string, mirror: string): RegistryRules {
  return new RegistryRules([{ prefix: origin, mirrors: [{ location: `${mirror}/cache` }] }]);
}

/** Reads an image through to its last byte. */
async function pull(source: MirroredRepository, name = "v1"): Promise<string> {
  await using dir = await tempDir();
  await using layout = await createLayout(dir.join("layout"));
  return (await copy(await source.open(name), layout)).digest;
}

Deno.test("an image that a mirror has is read from there alone", async () => {
  await using origin = await serveRegistry();
  await using mirror = await serveRegistry();
  const digest = await push(mirror.address, "cache/app");
  const asked: string[] = [];
  using transport = listening(asked);
  const rules = mirroring(origin.address, mirror.address);
  const name = { registry: origin.address, repository: "app" };
  const app = new MirroredRepository(name, { rules, transport });
  assertEquals(await pull(app), digest);
  assertEquals(asked.filter((line) => !line.includes(` ${mirror.address}/v2/cache/app/`)), []);
});

Deno.test("an image that a mirror lacks is read from the registry itself", async () => {
  await using origin = await serveRegistry();
  await using mirror = await serveRegistry();
  const digest = await push(origin.address, "app");
  const failures: string[] = [];
  using transport = listening([]);
  const app = new MirroredRepository({ registry: origin.address, repository: "app" }, {
    rules: mirroring(origin.address, mirror.address),
    transport,
    onFailure: (place) => void failures.push(place),
  });
  assertEquals(await pull(app), digest);
  assertEquals(failures, [`${mirror.address}/cache/app`]);
  await assertRejects(() => app.open("nope"), NotFoundError, `"${origin.address}/app"`);
});

Deno.test("a blob that a mirror lost is read from the registry itself", async () => {
  await using origin = await serveRegistry();
  await using dir = await tempDir();
  await using mirror = await serveRegistry({ directory: dir.path });
  const digest = await push(origin.address, "app");
  await push(mirror.address, "cache/app");
  const [layer] = await IMAGE.layers();
  const hex = (await layer?.digest())?.slice("sha256:".length);
  await runOk("find", [dir.path, "-name", hex ?? "", "-delete"]);
  using transport = listening([]);
  const rules = mirroring(origin.address, mirror.address);
  const name = { registry: origin.address, repository: "app" };
  assertEquals(await pull(new MirroredRepository(name, { rules, transport })), digest);
});

Deno.test("a blob that breaks off at a mirror goes on at the registry itself", async () => {
  await using origin = await serveRegistry();
  const parts = Array.from(
    { length: 5 },
    () => crypto.getRandomValues(new Uint8Array(60_000)),
  );
  const content = await new Blob(parts).bytes();
  const image = makeImage([[{ path: "random", content }]]);
  const digest = await push(origin.address, "app", image);
  await using mirror = await serveRegistry({
    faults: [{ method: "GET", path: "/blobs/", cutAfterBytes: 100_000 }],
  });
  await push(mirror.address, "cache/app", image);
  const asked: string[] = [];
  using transport = listening(asked);
  const rules = mirroring(origin.address, mirror.address);
  const name = { registry: origin.address, repository: "app" };
  assertEquals(await pull(new MirroredRepository(name, { rules, transport })), digest);
  assertEquals(asked.some((line) => line.includes(`${origin.address}/v2/app/blobs/`)), true);
});

Deno.test("mirrors that nobody answers at are passed over; the registry's own failure counts", async () => {
  await using origin = await serveRegistry();
  const digest = await push(origin.address, "app");
  using gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const nobody = `127.0.0.1:${gone.addr.port}`;
  gone.close();
  using transport = listening([]);
  const name = { registry: origin.address, repository: "app" };
  const options = { rules: mirroring(origin.address, nobody), transport };
  assertEquals(await pull(new MirroredRepository(name, options)), digest);
  const reversed = { rules: mirroring(nobody, origin.address), transport };
  const lost = new MirroredRepository({ registry: nobody, repository: "app" }, reversed);
  await assertRejects(() => lost.open("v1"), NetworkError, nobody);
});

Deno.test("tags and referrers are the registry's, or a mirror's when it does not answer", async () => {
  await using origin = await serveRegistry();
  await using mirror = await serveRegistry();
  await push(origin.address, "app");
  await push(mirror.address, "cache/app", OTHER);
  using transport = listening([]);
  const rules = mirroring(origin.address, mirror.address);
  const name = { registry: origin.address, repository: "app" };
  const app = new MirroredRepository(name, { rules, transport });
  assertEquals(await Array.fromAsync(app.names()), ["v1"]);
  const missing = { registry: origin.address, repository: "nope" };
  const none = new MirroredRepository(missing, { rules, transport });
  await assertRejects(() => Array.fromAsync(none.names()), NotFoundError, origin.address);
});

peerTest("each registry is shown its own credentials, and no other's", {
  needs: DOCKER_REGISTRY_NEEDS,
}, async () => {
  await using origin = await startDockerRegistry({ auth: "basic" });
  await using mirror = await serveRegistry();
  const user = { username: "u", password: "p" };
  const shown: string[] = [];
  const asked: string[] = [];
  using transport = listening(asked, {
    keychain: {
      credentials: (registry) => Promise.resolve(registry === origin.name ? user : undefined),
    },
    fetch: (url, init) => {
      if (new Headers(init.headers).has("authorization")) shown.push(url.host);
      return fetch(url, init);
    },
  });
  await using store = new Repository({ registry: origin.name, repository: "app" }, { transport });
  const { digest } = await copy(IMAGE, store, { names: ["v1"] });
  const rules = mirroring(origin.name, mirror.address);
  const name = { registry: origin.name, repository: "app" };
  assertEquals(await pull(new MirroredRepository(name, { rules, transport })), digest);
  assertEquals([...new Set(shown)], [origin.name]);
});

Deno.test("places are read through the rules, and written to where they say", async () => {
  await using origin = await serveRegistry();
  await using mirror = await serveRegistry();
  const digest = await push(mirror.address, "cache/app");
  const asked: string[] = [];
  using transport = listening(asked);
  const options = { transport, rules: mirroring(origin.address, mirror.address) };
  await using source = await openSource(parseLocation(`${origin.address}/app:v1`), options);
  await using target = await openDestination(parseLocation(`${origin.address}/copy:v1`), options);
  assertEquals((await copy(source.view, target.destination, target)).digest, digest);
  const written = asked.filter((line) => !line.startsWith("GET "));
  assertEquals(written.filter((line) => !line.includes(` ${origin.address}/v2/copy/`)), []);
});
