import { assert, assertEquals, assertRejects } from "@std/assert";
import { NetworkError, NotFoundError, UnauthorizedError } from "../../lib/errors.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import type { Keychain } from "../../lib/registry/keychain.ts";
import { Registry } from "../../lib/registry/registry.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport, type TransportOptions } from "../../lib/registry/transport.ts";
import { bytesContent, type Content } from "../../lib/store/content.ts";
import {
  DOCKER_REGISTRY_NEEDS,
  type DockerRegistry,
  type DockerRegistryOptions,
  startDockerRegistry,
} from "../support/docker_registry.ts";
import { peerTest } from "../support/peers.ts";

const MODES: readonly { readonly name: string; readonly options: DockerRegistryOptions }[] = [
  { name: "plain http", options: {} },
  { name: "basic authentication", options: { auth: "basic" } },
  { name: "token authentication", options: { auth: "token" } },
  { name: "TLS with an authority of its own", options: { tls: true } },
  { name: "TLS and basic authentication", options: { tls: true, auth: "basic" } },
];

for (const { name, options } of MODES) {
  peerTest(
    `docker-registry with ${name} takes what is pushed and gives it back`,
    { needs: DOCKER_REGISTRY_NEEDS },
    async () => {
      await using registry = await startDockerRegistry(options);
      using transport = openTransport(registry, { keychain: keychainOf(registry) });
      await using app = openApp(registry, transport);
      const blobs = [await describe(randomBytes(70_000)), await describe(randomBytes(3_000_000))];
      for (const { bytes, descriptor } of blobs) {
        assertEquals(await app.has(descriptor), false);
        assertEquals(await app.write(bytesContent(bytes, descriptor)), descriptor);
        assertEquals(await app.has(descriptor), true);
        assertEquals(await new Response(await app.fetch(descriptor)).bytes(), bytes);
        const rest = await app.fetch(descriptor, { offset: 50_000 });
        assertEquals(await new Response(rest).bytes(), bytes.slice(50_000));
      }
      const streamed = await describe(randomBytes(2_000_000));
      assertEquals(await app.write(singlePass(streamed)), streamed.descriptor);

      const image = await manifestOf(blobs.map(({ descriptor }) => descriptor));
      await app.write(bytesContent(image.bytes, image.descriptor), { names: ["v1", "latest"] });
      assertEquals((await Array.fromAsync(app.names())).sort(), ["latest", "v1"]);
      assertEquals(await app.resolve("v1"), image.descriptor);
      const view = await app.open("v1");
      assert(view.kind === "image");
      assertEquals(await view.manifest(), image.bytes);
      assertEquals((await view.layers()).length, 1);

      const other = openApp(registry, transport, "team/other");
      const [first] = blobs;
      assert(first !== undefined);
      assertEquals(await other.mount(first.descriptor, app), true);
      assertEquals(await other.has(first.descriptor), true);

      if (options.auth !== "token") {
        const catalog = await Array.fromAsync(new Registry(registry.name, { transport }).catalog());
        assertEquals(catalog, ["team/app", "team/other"]);
      }
      await app.delete(image.descriptor.digest);
      await assertRejects(() => app.resolve("v1"), NotFoundError, 'tag "v1"');
    },
  );
}

for (const auth of ["basic", "token"] as const) {
  peerTest(
    `docker-registry with ${auth} authentication refuses a push with wrong or no credentials`,
    { needs: DOCKER_REGISTRY_NEEDS },
    async () => {
      await using registry = await startDockerRegistry({ auth });
      const { bytes, descriptor } = await describe(randomBytes(10));
      using nobody = openTransport(registry);
      const anonymous = await assertRejects(
        () => openApp(registry, nobody).write(bytesContent(bytes, descriptor)),
        UnauthorizedError,
        "log in",
      );
      assert(!anonymous.message.includes("REDACTED"), anonymous.message);
      using wrong = openTransport(registry, {
        keychain: {
          credentials: () =>
            Promise.resolve({ username: "u", password: "hunter2", source: "a test" }),
        },
      });
      const refused = await assertRejects(
        () => openApp(registry, wrong).write(bytesContent(bytes, descriptor)),
        UnauthorizedError,
        'credentials of "u" from a test',
      );
      assert(!refused.message.includes("hunter2"));
    },
  );
}

peerTest(
  "docker-registry with token authentication is asked for one token per need",
  { needs: DOCKER_REGISTRY_NEEDS },
  async () => {
    await using registry = await startDockerRegistry({ auth: "token" });
    using transport = openTransport(registry, { keychain: keychainOf(registry) });
    const app = openApp(registry, transport);
    const blobs = await Promise.all(Array.from({ length: 8 }, () => describe(randomBytes(1000))));
    await Promise.all(
      blobs.map(({ bytes, descriptor }) => app.write(bytesContent(bytes, descriptor))),
    );
    await Promise.all(blobs.map(({ descriptor }) => app.has(descriptor)));
    await Promise.all(blobs.map(async ({ descriptor }) => (await app.fetch(descriptor)).cancel()));
    assertEquals(registry.tokenScopes, [["repository:team/app:pull,push"]]);
  },
);

peerTest(
  "docker-registry with an unknown authority is refused, and taken with insecure",
  { needs: DOCKER_REGISTRY_NEEDS },
  async () => {
    await using registry = await startDockerRegistry({ tls: true });
    using strict = new Transport();
    await assertRejects(
      () => new Registry(registry.name, { transport: strict }).ping(),
      NetworkError,
      "certificate is not trusted",
    );
    using insecure = new Transport({ insecure: true });
    const app = openApp(registry, insecure);
    for (const size of [0, 1000, 3_000_000]) {
      const { bytes, descriptor } = await describe(randomBytes(size));
      await app.write(bytesContent(bytes, descriptor));
      assertEquals(await app.has(descriptor), true);
      assertEquals(await new Response(await app.fetch(descriptor)).bytes(), bytes);
    }
    await assertRejects(() => app.resolve("nothing"), NotFoundError);
  },
);

interface Described {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly descriptor: Descriptor;
}

function openTransport(registry: DockerRegistry, options: TransportOptions = {}): Transport {
  return new Transport({
    caCertificates: [registry.caCertificate],
    retry: { attempts: 1 },
    ...options,
  });
}

function openApp(
  { name }: DockerRegistry,
  transport: Transport,
  repository = "team/app",
): Repository {
  return new Repository({ registry: name, repository }, { transport });
}

function keychainOf({ username, password }: DockerRegistry): Keychain {
  return { credentials: () => Promise.resolve({ username, password }) };
}

function randomBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

async function describe(
  bytes: Uint8Array<ArrayBuffer>,
  mediaType: string = MEDIA_TYPE.ociLayerGzip,
): Promise<Described> {
  return { bytes, descriptor: { mediaType, digest: await digestBytes(bytes), size: bytes.length } };
}

/** The first part becomes the config, the others the layers. */
async function manifestOf(parts: readonly Descriptor[]): Promise<Described> {
  const [config, ...layers] = parts;
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: { ...config, mediaType: MEDIA_TYPE.ociConfig },
    layers,
  };
  return await describe(new TextEncoder().encode(JSON.stringify(manifest)), manifest.mediaType);
}

function singlePass({ bytes, descriptor }: Described): Content {
  return {
    mediaType: descriptor.mediaType,
    descriptor: undefined,
    open: () => Promise.resolve(new Blob([bytes]).stream()),
    sealed: () => Promise.resolve(descriptor),
  };
}
