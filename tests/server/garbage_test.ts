import { assert, assertEquals } from "@std/assert";
import {
  collectGarbage,
  type CollectOptions,
  createRegistry,
  diskRepositories,
  type GarbageReport,
  memoryRepositories,
  type RegistryHandler,
} from "../../lib/server/mod.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { tempDir } from "../support/temp_dir.ts";
import { Wire } from "./wire.ts";

const NOW = { delayMs: -1 };

type Test = (wire: Wire, registry: RegistryHandler) => Promise<void>;

/** Registers a test of a registry in memory, and of one on disk. */
function garbageTest(name: string, test: Test): void {
  for (const place of ["memory", "disk"]) {
    Deno.test(`${name} (${place})`, async () => {
      await using directory = await tempDir();
      const repositories = place === "disk"
        ? await diskRepositories(directory.path)
        : memoryRepositories();
      await using registry = createRegistry({ repositories });
      await test(new Wire(registry), registry);
    });
  }
}

async function isThere(wire: Wire, path: string): Promise<boolean> {
  const { status } = await wire.send("GET", `/v2/app/${path}`);
  assert(status === 200 || status === 404, String(status));
  return status === 200;
}

function digestsOf({ removed }: GarbageReport): readonly string[] {
  return removed.map(({ digest }) => digest).sort();
}

garbageTest("blobs that no manifest has are removed, all others stay", async (wire, registry) => {
  const loose = await wire.pushBlob("app", "given up");
  const large = await wire.pushBlob("app", "given up too", "sha512");
  const layer = await wire.pushBlob("app", "layer");
  const image = await wire.imageOf("app", [layer]);
  await wire.putManifest("app", "v1", image);
  const report = await registry.collectGarbage(NOW);
  assertEquals(digestsOf(report), [loose.digest, large.digest].sort());
  assertEquals(report.removed.find(({ digest }) => digest === loose.digest), {
    repository: "app",
    digest: loose.digest,
    size: 8,
  });
  assert(!await isThere(wire, `blobs/${loose.digest}`));
  assert(await isThere(wire, `blobs/${layer.digest}`));
  assert(await isThere(wire, "manifests/v1"));
  assertEquals((await registry.collectGarbage(NOW)).removed, []);
});

garbageTest(
  "what a deleted manifest had goes, unless another has it too",
  async (wire, registry) => {
    const [own, shared] = [await wire.pushBlob("app", "own"), await wire.pushBlob("app", "shared")];
    await wire.putManifest("app", "v1", await wire.imageOf("app", [own, shared]));
    await wire.putManifest("app", "v2", await wire.imageOf("app", [shared]));
    const { headers } = await wire.send("HEAD", "/v2/app/manifests/v1");
    const digest = headers.get("docker-content-digest");
    await wire.send("DELETE", `/v2/app/manifests/${digest}`);
    assertEquals(digestsOf(await registry.collectGarbage(NOW)), [own.digest]);
  },
);

garbageTest("what came within the delay, or was asked for, stays", async (wire, registry) => {
  const { digest } = await wire.pushBlob("app", "on its way");
  assertEquals((await registry.collectGarbage()).removed, []);
  assert(await isThere(wire, `blobs/${digest}`));
});

garbageTest("a dry run tells and leaves", async (wire, registry) => {
  const { digest } = await wire.pushBlob("app", "given up");
  const report = await registry.collectGarbage({ ...NOW, dryRun: true });
  assertEquals(digestsOf(report), [digest]);
  assert(await isThere(wire, `blobs/${digest}`));
});

garbageTest("manifests without a tag stay unless asked for", async (wire, registry) => {
  const before = await wire.pushImage("app", "v1");
  const after = await wire.pushImage("app", "v1", { annotations: { n: "2" } });
  assertEquals((await registry.collectGarbage(NOW)).removed, []);
  assertEquals(digestsOf(await registry.collectGarbage({ ...NOW, untagged: true })), [
    before.digest,
  ]);
  assert(!await isThere(wire, `manifests/${before.digest}`));
  assert(await isThere(wire, `manifests/${after.digest}`));
});

garbageTest(
  "what an index lists, or what is about an image that stays, stays",
  async (wire, registry) => {
    const child = await wire.pushImage("app", undefined);
    const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [child] };
    await wire.putManifest("app", "all", index, MEDIA_TYPE.ociIndex);
    const signature = await wire.pushImage("app", undefined, { subject: child });
    const comment = await wire.pushImage("app", undefined, { subject: signature });
    const gone = { ...child, digest: `sha256:${"0".repeat(64)}` };
    const orphan = await wire.pushImage("app", undefined, { subject: gone });
    const report = await registry.collectGarbage({ ...NOW, untagged: true });
    assertEquals(digestsOf(report), [orphan.digest]);
    for (const { digest } of [child, signature, comment]) {
      assert(await isThere(wire, `manifests/${digest}`));
    }
  },
);

Deno.test("a repository whose manifest is damaged is left as it is", async () => {
  await using directory = await tempDir();
  const repositories = await diskRepositories(directory.path);
  const wire = new Wire(createRegistry({ repositories }));
  const { digest } = await wire.pushImage("app", "v1");
  await wire.pushBlob("app", "given up");
  const loose = await wire.pushBlob("other", "given up");
  const path = directory.join("app", "blobs", "sha256", digest.slice(7));
  await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("layers", "Layers"));
  const report = await collectGarbage(await diskRepositories(directory.path), NOW);
  assertEquals(digestsOf(report), [loose.digest]);
  assertEquals(report.skipped.map(({ repository }) => repository), ["app"]);
});

Deno.test("a blob that a client asks for is new again, also to another process", async () => {
  await using directory = await tempDir();
  const wire = new Wire(createRegistry({ repositories: await diskRepositories(directory.path) }));
  const [asked, mounted, other] = [
    await wire.pushBlob("app", "asked for"),
    await wire.pushBlob("app", "mounted"),
    await wire.pushBlob("app", "not asked for"),
  ];
  const longAgo = new Date(Date.now() - 7_200_000);
  for (const { digest } of [asked, mounted, other]) {
    await Deno.utime(directory.join("app", "blobs", "sha256", digest.slice(7)), longAgo, longAgo);
  }
  await wire.send("HEAD", `/v2/app/blobs/${asked.digest}`);
  await wire.send("POST", `/v2/new/blobs/uploads/?mount=${mounted.digest}&from=app`);
  const report = await collectGarbage(await diskRepositories(directory.path));
  assertEquals(digestsOf(report), [other.digest]);
});

Deno.test("garbage is collected while clients push, and no push loses anything", async () => {
  await using directory = await tempDir();
  const repositories = await diskRepositories(directory.path);
  const garbage: CollectOptions = { everyMs: 5, delayMs: 500, untagged: true };
  await using registry = createRegistry({ repositories, garbage });
  const wire = new Wire(registry);
  const pushing = Array.from({ length: 4 }, async (_, client) => {
    for (let n = 0; n < 25; n++) await wire.pushImage("app", `c${client}-${n % 3}`);
  });
  const elsewhere = (async () => {
    const other = await diskRepositories(directory.path);
    for (let n = 0; n < 20; n++) await collectGarbage(other, garbage);
  })();
  await Promise.all([...pushing, elsewhere]);
  const { text } = await wire.send("GET", "/v2/app/tags/list");
  for (const tag of JSON.parse(text).tags) {
    const manifest = await wire.send("GET", `/v2/app/manifests/${tag}`);
    for (const { digest } of JSON.parse(manifest.text).layers) {
      assert(await isThere(wire, `blobs/${digest}`));
    }
  }
});

Deno.test("what a registry collected while it serves is told", async () => {
  const { promise: told, resolve } = Promise.withResolvers<unknown>();
  const garbage = { everyMs: 1, log: resolve };
  await using registry = createRegistry({ repositories: memoryRepositories(), garbage });
  assertEquals(await told, { removed: [], skipped: [] });
  assert(registry);
});
