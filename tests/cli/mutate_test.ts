import { gzipSync } from "node:zlib";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, twoPlatforms, type World } from "./world.ts";

// deno-lint-ignore no-explicit-any
type Document = any;

async function look(what: "config" | "manifest", ...words: readonly string[]): Promise<Document> {
  const { stdout } = await runDavitOk([what, ...words]);
  return JSON.parse(stdout);
}

/** Pushes an image of one file as `app:v1` and returns its name. */
async function pushApp(world: World): Promise<string> {
  await world.push(
    "app:v1",
    makeImage([[{ path: "app", content: "app" }]], { labels: { a: "1" } }),
  );
  return `${world.registry}/app:v1`;
}

const EVERYTHING = [
  ...["-l", "b=2,c=3", "-l", "d=x,y", "-a", "note=n", "-e", "A=1", "-e", "B=x=y,z"],
  ...["--entrypoint", "/bin/sh,-c", "--cmd", '"a,b",c', "-u", "1:2", "-w", "/srv"],
  ...["--exposed-ports", "80,53/udp", "--volume", "/data", "--stop-signal", "SIGINT"],
  ...["--health-cmd", "true", "--health-interval", "1m30s", "--health-retries", "3"],
  ...["--created", "2020-01-02T03:04:05Z", "--author", "Ann"],
];

Deno.test("mutate sets what it is told, in place, and prints the new digest", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  const { stdout, stderr } = await runDavitOk(["mutate", app, ...EVERYTHING]);
  assertMatch(stdout, /^127\.0\.0\.1:\d+\/app@sha256:[0-9a-f]{64}\n$/);
  assertEquals(stderr, "");
  const { config, ...image } = await look("config", app);
  assertEquals(config, {
    Labels: { a: "1", b: "2", c: "3", d: "x,y" },
    Entrypoint: ["/bin/sh", "-c"],
    Cmd: ["a,b", "c"],
    User: "1:2",
    WorkingDir: "/srv",
    StopSignal: "SIGINT",
    Env: ["A=1", "B=x=y,z"],
    ExposedPorts: { "80/tcp": {}, "53/udp": {} },
    Volumes: { "/data": {} },
    Healthcheck: { Test: ["CMD-SHELL", "true"], Interval: 90_000_000_000, Retries: 3 },
  });
  assertEquals([image.created, image.author], ["2020-01-02T03:04:05Z", "Ann"]);
  assertEquals((await look("manifest", app)).annotations, { note: "n" });
});

Deno.test("mutate takes away whatever can be set", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  const before = await look("config", app);
  await runDavitOk(["mutate", app, ...EVERYTHING]);
  await runDavitOk([
    ...["mutate", app, "--remove-label", "b", "--remove-label", "c", "--remove-label", "d"],
    ...["--remove-env", "A", "--remove-env", "B", "--remove-port", "80", "--remove-port", "53/udp"],
    ...["--remove-volume", "/data", "--remove-annotation", "note"],
    ...["--clear", "entrypoint,cmd,user,workdir,stop-signal,healthcheck,created,author"],
  ]);
  const after = await look("config", app);
  const { created: _, ...kept } = before;
  const empty = { Env: [], ExposedPorts: {}, Volumes: {} };
  assertEquals(after, { ...kept, config: { ...kept.config, ...empty } });
  assertEquals((await look("manifest", app)).annotations, {});
});

Deno.test("mutate --clear takes away a whole field before others set it anew", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  await runDavitOk(["mutate", app, ...EVERYTHING]);
  await runDavitOk([
    ...["mutate", app, "--clear", "labels,env,ports,volumes,annotations"],
    ...["-l", "new=1", "-a", "new=2"],
  ]);
  const { config } = await look("config", app);
  assertEquals([config.Labels, config.Env, config.ExposedPorts, config.Volumes], [
    { new: "1" },
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals((await look("manifest", app)).annotations, { new: "2" });
});

Deno.test("mutate takes values that stick to their letters, as crane does", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  const words = ["-lb=2", "-eA=x=y", "-anote=n", "-u1:2", "-w/srv", `-t${world.registry}/app:v2`];
  await runDavitOk(["mutate", app, ...words]);
  const { config } = await look("config", `${world.registry}/app:v2`);
  assertEquals(config, {
    Labels: { a: "1", b: "2" },
    Env: ["A=x=y"],
    User: "1:2",
    WorkingDir: "/srv",
  });
  const { annotations } = await look("manifest", `${world.registry}/app:v2`);
  assertEquals(annotations, { note: "n" });
});

Deno.test("mutate refuses to clear what is no field, and lists those that are", async () => {
  const { code, stderr } = await runDavit(["mutate", "localhost:1/app", "--clear", "layers"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "entrypoint");
});

Deno.test("mutate adds layers and takes them out", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  await world.write("files/motd", "ahoy");
  await runOk("tar", ["cf", "files.tar", "-C", "files", "motd"], { cwd: world.dir });
  const tar = gzipSync(await Deno.readFile(`${world.dir}/files.tar`));
  await world.write("files.tar.gz", tar);
  const before = await look("config", app);
  await runDavitOk([
    ...["mutate", app, "--append", `${world.dir}/files.tar,${world.dir}/files.tar.gz`],
    ...["--compression", "zstd"],
  ]);
  const { layers } = await look("manifest", app);
  const kinds = layers.map(({ mediaType }: Document) => mediaType.split("+")[1]);
  assertEquals(kinds, ["gzip", "zstd", "gzip"]);
  assertEquals((await look("config", app)).history.length, before.history.length + 2);
  await runDavitOk(["mutate", app, "--remove-layer", "top", "--remove-layer", layers[1].digest]);
  assertEquals(await look("config", app), before);
});

Deno.test("mutate --compression without --append is for all layers; the config stays", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  const [config, { layers: [gzip] }] = [await look("config", app), await look("manifest", app)];
  await runDavitOk(["mutate", app, "--compression", "zstd"]);
  const { layers: [zstd] } = await look("manifest", app);
  assertEquals(zstd.mediaType, "application/vnd.oci.image.layer.v1.tar+zstd");
  await runDavitOk(["mutate", app, "--compression", "gzip"]);
  assertEquals((await look("manifest", app)).layers, [gzip]);
  assertEquals(await look("config", app), config);
});

Deno.test("mutate --format converts an index and its images, there and back", async () => {
  await using world = await openWorld();
  const before = await world.push("app:v1", twoPlatforms());
  const app = `${world.registry}/app:v1`;
  await runDavitOk(["mutate", app, "--format", "docker"]);
  const list = await look("manifest", app);
  assertMatch(list.mediaType, /manifest\.list\.v2\+json$/);
  for (const { mediaType } of list.manifests) assertMatch(mediaType, /manifest\.v2\+json$/);
  const image = await look("manifest", app, "--platform", "linux/arm64");
  const types = [image.mediaType, image.config.mediaType, image.layers[0].mediaType];
  for (const type of types) assertMatch(type, /^application\/vnd\.docker\./);
  await runDavitOk(["mutate", app, "--format", "oci"]);
  assertEquals((await runDavitOk(["digest", app])).stdout.trim(), before);
});

Deno.test("mutate edits every image of an index, or those of --only, and it stays an index", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const app = `${world.registry}/app:v1`;
  await runDavitOk(["mutate", app, "-l", "all=1", "--index-annotation", "note=index"]);
  await runDavitOk(["mutate", app, "-l", "arm=1", "--only", "linux/arm64"]);
  const index = await look("manifest", app);
  assertEquals([index.manifests.length, index.annotations], [2, { note: "index" }]);
  const labels = async (platform: string): Promise<Document> =>
    (await look("config", app, "--platform", platform)).config.Labels;
  assertEquals(await labels("linux/amd64"), { all: "1" });
  assertEquals(await labels("linux/arm64"), { all: "1", arm: "1" });
  await runDavitOk(["mutate", app, "--remove-index-annotation", "note"]);
  assertEquals((await look("manifest", app)).annotations, {});
});

Deno.test("mutate --platform takes one image out of an index, and says what that replaces", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const app = `${world.registry}/app:v1`;
  const words = ["mutate", app, "-l", "a=1", "--platform", "linux/arm64"];
  const elsewhere = await runDavitOk([...words, "-t", `${world.registry}/app:arm`]);
  assertEquals(elsewhere.stderr, "");
  assertEquals((await look("config", `${world.registry}/app:arm`)).architecture, "arm64");
  const { stderr } = await runDavitOk(words);
  assertStringIncludes(stderr, "was an index and is now its image for linux/arm64");
});

Deno.test("mutate lists the platforms there are when one is missing", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  for (const flag of ["--only", "--platform"]) {
    const words = ["mutate", `${world.registry}/app:v1`, "-l", "a=1", flag, "linux/s390x"];
    const { code, stderr } = await runDavit(words);
    assertEquals(code, 3);
    assertStringIncludes(stderr, "available: linux/amd64, linux/arm64");
  }
});

Deno.test("mutate --set-platform changes the config and what the index says", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const app = `${world.registry}/app:v1`;
  await runDavitOk(["mutate", app, "--only", "linux/arm64", "--set-platform", "linux/arm/v7"]);
  const { manifests } = await look("manifest", app);
  assertEquals(manifests[1].platform, { os: "linux", architecture: "arm", variant: "v7" });
  const config = await look("config", app, "--platform", "linux/arm/v7");
  assertEquals([config.architecture, config.variant], ["arm", "v7"]);
});

Deno.test("mutate gives no index one platform for all its images", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const words = ["mutate", `${world.registry}/app:v1`, "--set-platform", "linux/arm/v7"];
  const { code, stderr } = await runDavit(words);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--only");
});

Deno.test("mutate of a digest, and --repo, push by digest and move no tag", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  const { stdout: before } = await runDavitOk(["digest", app]);
  const byDigest = `${world.registry}/app@${before.trim()}`;
  const { stdout: mutated } = await runDavitOk(["mutate", byDigest, "-l", "b=2"]);
  assertEquals((await runDavitOk(["digest", app])).stdout, before);
  assertEquals((await look("config", mutated.trim())).config.Labels, { a: "1", b: "2" });
  const words = ["mutate", app, "-l", "b=2", "--repo", `${world.registry}/other`];
  const { stdout: other } = await runDavitOk(words);
  assertEquals(other.split("@")[1], mutated.split("@")[1]);
  assertEquals((await runDavit(["ls", `${world.registry}/other`])).stdout, "");
});

Deno.test("mutate refuses --repo with --tag", async () => {
  const words = ["mutate", "localhost:1/a", "--repo", "localhost:1/b", "-t", "localhost:1/c"];
  assertEquals((await runDavit(words)).code, 2);
});

Deno.test("mutate writes to any place, and edits a layout in place", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  const layout = `oci:${world.dir}/layout:v1`;
  await runDavitOk(["mutate", app, "-l", "b=2", "-o", layout]);
  await runDavitOk(["mutate", layout, "-l", "c=3"]);
  assertEquals((await look("config", layout)).config.Labels, { a: "1", b: "2", c: "3" });
  await runDavitOk(["mutate", layout, "-l", "d=4", "-o", `${world.dir}/app.tar`, "-t", "x/app:v2"]);
  const archive = `docker-archive:${world.dir}/app.tar:x/app:v2`;
  assertEquals((await look("config", archive)).config.Labels.d, "4");
  const { code, stderr } = await runDavit(["mutate", archive, "-l", "e=5"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "-o PLACE");
});

Deno.test("mutate keeps what nobody has heard of, to the letter", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  const { stdout: config } = await runDavitOk(["config", app]);
  const odd = config.replace("{", '{"x.unknown": {"size": 1e400, "a": 1.0},');
  const layer = (await look("manifest", app)).layers[0];
  const layout = `${world.dir}/odd`;
  await runDavitOk(["copy", app, `oci:${layout}:v1`]);
  const write = async (text: string): Promise<{ digest: string; size: number }> => {
    const bytes = new TextEncoder().encode(text);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    await Deno.writeFile(`${layout}/blobs/sha256/${hash}`, bytes);
    return { digest: `sha256:${hash}`, size: bytes.length };
  };
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    "x.unknown": [1],
    config: {
      mediaType: "application/vnd.oci.image.config.v1+json",
      ...await write(odd),
      "x.config": true,
    },
    layers: [{ ...layer, "x.layer": { deep: [null] }, urls: ["https://e.example/x"] }],
  });
  const index = JSON.stringify({
    schemaVersion: 2,
    manifests: [{
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      ...await write(manifest),
      annotations: { "org.opencontainers.image.ref.name": "v1" },
    }],
  });
  await Deno.writeTextFile(`${layout}/index.json`, index);
  await runDavitOk(["mutate", `oci:${layout}:v1`, "-l", "b=2", "-a", "k=v", "-t", app]);
  const { stdout: after } = await runDavitOk(["manifest", app]);
  for (const kept of ['"x.unknown":[1]', '"x.config":true', '"x.layer":{"deep":[null]}']) {
    assert(after.includes(kept), `${kept} in ${after}`);
  }
  assertStringIncludes((await runDavitOk(["config", app])).stdout, '{"size": 1e400, "a": 1.0}');
});
