import { assert, assertEquals, assertRejects } from "@std/assert";
import { createArtifact } from "../../lib/artifact/create_artifact.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import type { View } from "../../lib/image/image.ts";
import { openLayout } from "../../lib/layout/open_layout.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { type RegistryServer, serveRegistry } from "../../lib/server/serve_registry.ts";
import { copy } from "../../lib/store/copy.ts";
import { runSync, type RunSyncOptions, type SyncReport } from "../../lib/sync/run_sync.ts";
import type { SyncEntry } from "../../lib/sync/sync_spec.ts";
import { DOCKER_REGISTRY_NEEDS, startDockerRegistry } from "../support/docker_registry.ts";
import { makeImage } from "../support/images.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

function image(content: string, platform = "linux/amd64") {
  return makeImage([[{ path: "a", content }]], { platform });
}

const BOTH = createIndex([{ image: image("x") }, { image: image("x", "linux/arm64") }]);

async function push(registry: string, repository: string, tags: Record<string, View>) {
  using transport = new Transport();
  await using store = new Repository({ registry, repository }, { transport });
  for (const [tag, view] of Object.entries(tags)) await copy(view, store, { names: [tag] });
}

async function tagsOf(registry: string, repository: string): Promise<readonly string[]> {
  using transport = new Transport();
  const store = new Repository({ registry, repository }, { transport });
  return (await Array.fromAsync(store.names())).sort();
}

/** Syncs entries; every request is told. */
async function sync(
  entries: readonly SyncEntry[],
  options: Partial<RunSyncOptions> = {},
  requests: string[] = [],
): Promise<SyncReport> {
  using transport = new Transport({
    retry: { attempts: 1 },
    fetch: (url, init) => {
      requests.push(`${init.method} ${url.host}${url.pathname}`);
      return fetch(url, init);
    },
  });
  return await runSync({ sync: entries }, { places: { transport }, ...options });
}

function outcomes({ results }: SyncReport): Record<string, string> {
  return Object.fromEntries(
    results.map(({ to, outcome }) => [to.replace(/^[^/]*\//, ""), outcome]),
  );
}

/** Two registries, the first with some tags of `app`. */
async function twoRegistries(): Promise<
  { readonly from: RegistryServer; readonly to: RegistryServer } & AsyncDisposable
> {
  await using scope = new AsyncDisposableStack();
  const from = scope.use(await serveRegistry());
  const to = scope.use(await serveRegistry());
  await push(from.address, "app", { "v1.0.0": image("1"), "v1.1.0": image("2"), "v2.0.0": BOTH });
  const owned = scope.move();
  return { from, to, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

Deno.test("sync copies what is meant; again, it asks each side once for each image", async () => {
  await using world = await twoRegistries();
  const entry = {
    repository: `${world.from.address}/app`,
    to: `${world.to.address}/mirror/app`,
    tags: { semver: "^1" },
  };
  const first = await sync([entry]);
  assertEquals(outcomes(first), {
    "mirror/app:v1.0.0": "copied",
    "mirror/app:v1.1.0": "copied",
  });
  assert(first.bytes > 0);
  assertEquals(await tagsOf(world.to.address, "mirror/app"), ["v1.0.0", "v1.1.0"]);
  const requests: string[] = [];
  const again = await sync([entry], {}, requests);
  assertEquals(again.totals, { copied: 0, unchanged: 2, deleted: 0, failed: 0 });
  assertEquals(again.bytes, 0);
  const asked = requests.filter((line) => line.includes("/manifests/")).sort();
  assertEquals(
    asked,
    [
      ...["v1.0.0", "v1.1.0"].map((tag) => `HEAD ${world.from.address}/v2/app/manifests/${tag}`),
      ...["v1.0.0", "v1.1.0"].map((tag) =>
        `HEAD ${world.to.address}/v2/mirror/app/manifests/${tag}`
      ),
    ].sort(),
  );
  assertEquals(requests.filter((line) => /^(?:PUT|POST|PATCH|DELETE)/.test(line)), []);
});

Deno.test("sync of a registry goes repository by repository", async () => {
  await using world = await twoRegistries();
  await push(world.from.address, "team/one", { "v1": image("1") });
  await push(world.from.address, "team/two", { "v1": image("2") });
  const report = await sync([{
    registry: world.from.address,
    to: `${world.to.address}/backup`,
    repositories: { match: "^team/" },
  }]);
  assertEquals(outcomes(report), {
    "backup/team/one:v1": "copied",
    "backup/team/two:v1": "copied",
  });
});

Deno.test("what fails is told, and the rest is done", async () => {
  await using world = await twoRegistries();
  const { from, to } = world;
  const report = await sync([
    { image: `${from.address}/app:nope`, to: `${to.address}/app:nope` },
    { repository: `${from.address}/missing`, to: `${to.address}/missing` },
    { registry: "127.0.0.1:1", to: to.address },
    { image: `${from.address}/app:v1.0.0`, to: `${to.address}/app:v1` },
  ]);
  assertEquals(outcomes(report), {
    "app:nope": "failed",
    "missing": "failed",
    [to.address]: "failed",
    "app:v1": "copied",
  });
  const nope = report.results.find((result) => result.to.endsWith(":nope"));
  assertEquals(nope?.reason?.includes('Cannot find tag "nope"'), true);
  assertEquals(report.totals.failed, 3);
});

Deno.test("a broken image of a repository does not stop its other tags", async () => {
  await using world = await twoRegistries();
  const [layer] = await image("2").layers();
  const broken = await layer?.digest();
  using transport = new Transport({
    retry: { attempts: 1 },
    fetch: (url, init) =>
      url.pathname.endsWith(`${broken}`) && url.host === world.from.address
        ? Promise.resolve(new Response(null, { status: 500 }))
        : fetch(url, init),
  });
  const entry = {
    repository: `${world.from.address}/app`,
    to: `${world.to.address}/app`,
    delete: true,
  };
  await push(world.to.address, "app", { extra: image("extra") });
  const report = await runSync({ sync: [entry] }, { places: { transport } });
  assertEquals(report.totals, { copied: 2, unchanged: 0, deleted: 0, failed: 1 });
  assertEquals(await tagsOf(world.to.address, "app"), ["extra", "v1.0.0", "v2.0.0"]);
});

for (const kind of ["davit", "docker-registry"] as const) {
  peerTest(`sync deletes the tags that are not meant (${kind})`, {
    needs: kind === "davit" ? [] : DOCKER_REGISTRY_NEEDS,
  }, async () => {
    await using world = await twoRegistries();
    await using scope = new AsyncDisposableStack();
    const to = kind === "davit" ? world.to.address : scope.use(await startDockerRegistry()).name;
    const signature = `sha256-${"0".repeat(64)}.sig`;
    await push(to, "app", {
      old: image("old"),
      older: image("old"),
      same: image("1"),
      [signature]: image("sig"),
    });
    const entry = { repository: `${world.from.address}/app`, to: `${to}/app`, delete: true };
    const rehearsed = await sync([entry], { dryRun: true });
    assertEquals([rehearsed.totals.copied, rehearsed.totals.deleted], [3, 3]);
    assertEquals((await tagsOf(to, "app")).length, 4);
    const report = await sync([entry]);
    const kept = kind === "davit" ? [] : ["same"];
    assertEquals(report.totals, {
      copied: 3,
      unchanged: 0,
      deleted: 3 - kept.length,
      failed: kept.length,
    });
    assertEquals(
      await tagsOf(to, "app"),
      [...kept, signature, "v1.0.0", "v1.1.0", "v2.0.0"].sort(),
    );
  });
}

Deno.test("sync deletes nothing where nothing is meant", async () => {
  await using world = await twoRegistries();
  await push(world.to.address, "app", { old: image("old") });
  const report = await sync([{
    repository: `${world.from.address}/app`,
    to: `${world.to.address}/app`,
    tags: { match: "^x" },
    delete: true,
  }]);
  assertEquals(report.results.map(({ outcome }) => outcome), ["failed"]);
  assertEquals(await tagsOf(world.to.address, "app"), ["old"]);
});

Deno.test("sync of platforms makes the same index each time", async () => {
  await using world = await twoRegistries();
  const three = createIndex([
    ...(await BOTH.children()).flatMap((child) => child.kind === "image" ? [{ image: child }] : []),
    { image: image("s", "linux/s390x") },
  ]);
  await push(world.from.address, "three", { v1: three });
  const entry = {
    repository: `${world.from.address}/three`,
    to: `${world.to.address}/three`,
    platforms: ["linux/amd64", "linux/arm64"],
  };
  assertEquals((await sync([entry])).totals.copied, 1);
  assertEquals((await sync([entry])).totals, { copied: 0, unchanged: 1, deleted: 0, failed: 0 });
});

Deno.test("sync takes along what is about the images, also when it came later", async () => {
  await using world = await twoRegistries();
  const { from, to } = world;
  const entry = {
    image: `${from.address}/app:v1.0.0`,
    to: `${to.address}/app:v1.0.0`,
    referrers: true,
  };
  assertEquals((await sync([entry])).totals.copied, 1);
  using transport = new Transport();
  await using source = new Repository({ registry: from.address, repository: "app" }, { transport });
  const subject = await source.resolve("v1.0.0");
  await copy(await createArtifact({ artifactType: "example/sig", subject }), source);
  assertEquals((await sync([entry])).totals.copied, 1);
  const copied = new Repository({ registry: to.address, repository: "app" }, { transport });
  assertEquals((await Array.fromAsync(copied.referrers(subject.digest))).length, 1);
  assertEquals((await sync([entry])).totals, { copied: 0, unchanged: 1, deleted: 0, failed: 0 });
});

Deno.test("sync writes the tags of a repository to a layout", async () => {
  await using world = await twoRegistries();
  await using dir = await tempDir();
  const entry = { repository: `${world.from.address}/app`, to: `oci:${dir.join("layout")}` };
  assertEquals((await sync([entry])).totals.copied, 3);
  await using layout = await openLayout(dir.join("layout"));
  assertEquals((await Array.fromAsync(layout.names())).sort(), ["v1.0.0", "v1.1.0", "v2.0.0"]);
  assertEquals((await sync([entry])).totals.unchanged, 3);
});

Deno.test("a sync that was interrupted goes on where it was", async () => {
  await using world = await twoRegistries();
  const entry = { repository: `${world.from.address}/app`, to: `${world.to.address}/app` };
  const stop = new AbortController();
  const options = {
    jobs: 1,
    signal: stop.signal,
    onResult: () => stop.abort(new Error("enough")),
  };
  await assertRejects(() => sync([entry], options), Error, "enough");
  assertEquals((await tagsOf(world.to.address, "app")).length, 1);
  const { totals } = await sync([entry]);
  assertEquals(totals, { copied: 2, unchanged: 1, deleted: 0, failed: 0 });
});

Deno.test("the events of copies that run at once are told apart", async () => {
  await using world = await twoRegistries();
  const started = new Map<number, string>();
  const entry = { repository: `${world.from.address}/app`, to: `${world.to.address}/app` };
  await sync([entry], {
    onEvent(event) {
      if (event.kind !== "done") return;
      assertEquals(started.get(event.id), undefined);
      started.set(event.id, event.descriptor.digest);
    },
  });
  assert(started.size > 9);
});

Deno.test("a sync has no more requests under way on either side than its jobs", async () => {
  await using world = await twoRegistries();
  const tags = Object.fromEntries(
    Array.from({ length: 12 }, (_, number) => [`t${number}`, image(`${number}`)]),
  );
  await push(world.from.address, "many", tags);
  const under = new Map<string, number>();
  const most = new Map<string, number>();
  using transport = new Transport({
    fetch: async (url, init) => {
      const count = (under.get(url.host) ?? 0) + 1;
      under.set(url.host, count);
      most.set(url.host, Math.max(count, most.get(url.host) ?? 0));
      await new Promise((resolve) => setTimeout(resolve, 2));
      try {
        const answer = await fetch(url, init);
        const bytes = answer.body === null ? null : await answer.bytes();
        return new Response(bytes, answer);
      } finally {
        under.set(url.host, (under.get(url.host) ?? 1) - 1);
      }
    },
  });
  const entry = { repository: `${world.from.address}/many`, to: `${world.to.address}/many` };
  const report = await runSync({ sync: [entry] }, { places: { transport }, jobs: 3 });
  assertEquals(report.totals.copied, 12);
  assertEquals([...most.values()], [3, 3]);
});
