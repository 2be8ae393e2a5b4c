import { gzipSync, zstdCompressSync } from "node:zlib";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { runOk } from "../support/command.ts";
import { openWorld, twoPlatforms, type World } from "./world.ts";

async function manifestOf(world: World, name: string, ...flags: string[]) {
  const { stdout } = await runDavitOk(["manifest", `${world.registry}/${name}`, ...flags]);
  return JSON.parse(stdout);
}

async function configOf(world: World, name: string, ...flags: string[]) {
  const { stdout } = await runDavitOk(["config", `${world.registry}/${name}`, ...flags]);
  return JSON.parse(stdout);
}

/** Lists what a container of the image would find. */
async function listOf(world: World, name: string, ...flags: string[]): Promise<string[]> {
  const { bytes } = await runDavitOk(["export", ...flags, `${world.registry}/${name}`]);
  const { stdout } = await runOk("tar", ["t"], { stdin: bytes });
  return stdout.trim().split("\n").map((path) => path.replace(/^\.\//, "")).sort();
}

/** A directory `site`, and a tar of it in every form. */
async function writeSite(world: World): Promise<void> {
  await world.write("site/index.html", "<h1>ahoy</h1>");
  await world.write("site/sub/page.html", "page");
  await runOk("tar", ["cf", "site.tar", "-C", "site", "."], { cwd: world.dir });
  const tar = await Deno.readFile(`${world.dir}/site.tar`);
  await world.write("site.tar.gz", gzipSync(tar));
  await world.write("site.tar.zst", zstdCompressSync(tar));
}

Deno.test("append prints the pushed image with its digest", async () => {
  await using world = await openWorld();
  await writeSite(world);
  const tag = `${world.registry}/site:v1`;
  const { stdout, stderr } = await runDavitOk(["append", "-f", `${world.dir}/site`, "-t", tag]);
  assertMatch(stdout, /^127\.0\.0\.1:\d+\/site@sha256:[0-9a-f]{64}\n$/);
  assertEquals(stderr, "");
  const digest = await runDavitOk(["digest", tag]);
  assertEquals(stdout.split("@")[1], digest.stdout);
});

Deno.test("append without a base makes an OCI image", async () => {
  await using world = await openWorld();
  await writeSite(world);
  await runDavitOk(["append", "-f", `${world.dir}/site`, "-t", `${world.registry}/site:v1`]);
  const manifest = await manifestOf(world, "site:v1");
  assertEquals(manifest.mediaType, MEDIA_TYPE.ociManifest);
  assertEquals(manifest.layers.length, 1);
  assertEquals(manifest.layers[0].mediaType, MEDIA_TYPE.ociLayerGzip);
});

Deno.test("append -b scratch is append without a base, as in a Dockerfile", async () => {
  await using world = await openWorld();
  await writeSite(world);
  const words = ["append", "-f", `${world.dir}/site`, "-t", `${world.registry}/site:v1`];
  const { stdout } = await runDavitOk([...words, "-b", "scratch"]);
  assertEquals(stdout, (await runDavitOk(words)).stdout);
  const annotated = await runDavit([...words, "-b", "scratch", "--set-base-image-annotations"]);
  assertEquals(annotated.code, 2);
});

Deno.test("append on an image keeps its layers and adds one for each word, in order", async () => {
  await using world = await openWorld();
  await writeSite(world);
  await world.push("base:v1", makeImage([[{ path: "etc/base", content: "b" }]]));
  await runDavitOk([
    "append",
    `--base=${world.registry}/base:v1`,
    "-f",
    `${world.dir}/site.tar,${world.dir}/site.tar.gz`,
    "--new_layer",
    `${world.dir}/site.tar.zst`,
    "--directory",
    `${world.dir}/site:/srv`,
    "--remove",
    "etc/base",
    "--new_tag",
    `${world.registry}/site:v1`,
  ]);
  const base = await manifestOf(world, "base:v1");
  const { layers } = await manifestOf(world, "site:v1");
  assertEquals(layers.length, 6);
  assertEquals(layers[0], base.layers[0]);
  const kinds = layers.map(({ mediaType }: { mediaType: string }) => mediaType.split("+")[1]);
  assertEquals(kinds, ["gzip", "gzip", "gzip", "gzip", "zstd", "gzip"]);
  const paths = await listOf(world, "site:v1");
  for (const path of ["index.html", "sub/page.html", "srv/index.html", "srv/sub/page.html"]) {
    assert(paths.includes(path), `${path} is missing`);
  }
  assert(!paths.includes("etc/base"), "etc/base is still there");
});

Deno.test("append keeps a compressed tar byte for byte", async () => {
  await using world = await openWorld();
  await writeSite(world);
  for (const form of ["gz", "zst"]) {
    const path = `${world.dir}/site.tar.${form}`;
    await runDavitOk(["append", "-f", path, "-t", `${world.registry}/${form}:v1`, "--level", "1"]);
    const { layers: [layer] } = await manifestOf(world, `${form}:v1`);
    const { bytes } = await runDavitOk(["blob", `${world.registry}/${form}@${layer.digest}`]);
    assertEquals(bytes, await Deno.readFile(path));
  }
});

Deno.test("append reads a tar from standard input and from a pipe, in one pass", async () => {
  await using world = await openWorld();
  await writeSite(world);
  const tar = await Deno.readFile(`${world.dir}/site.tar`);
  const tag = `${world.registry}/site`;
  const piped = await runDavitOk(["append", "-f", "-", "-t", `${tag}:stdin`], { stdin: tar });
  const file = await runDavitOk(["append", "-f", `${world.dir}/site.tar`, "-t", `${tag}:file`]);
  await runOk("mkfifo", [`${world.dir}/fifo`]);
  const feeding = Deno.writeFile(`${world.dir}/fifo`, tar);
  const fifo = await runDavitOk(["append", "-f", `${world.dir}/fifo`, "-t", `${tag}:fifo`]);
  await feeding;
  assertEquals(piped.stdout, file.stdout);
  assertEquals(fifo.stdout, file.stdout);
});

Deno.test("append gives the same digest wherever the files are, and whoever compresses", async () => {
  await using world = await openWorld();
  await writeSite(world);
  await runOk("cp", ["-r", "site", "elsewhere"], { cwd: world.dir });
  const tag = `${world.registry}/site:v1`;
  const results = new Set<string>();
  for (const path of ["site", "elsewhere", "site/"]) {
    for (const workers of ["0", "1", "2"]) {
      const words = ["append", "--directory", `${world.dir}/${path}:/srv`, "-t", tag];
      results.add((await runDavitOk([...words, "--workers", workers])).stdout);
    }
  }
  assertEquals(results.size, 1);
});

Deno.test("append on an index puts the layers on every platform's image", async () => {
  await using world = await openWorld();
  await writeSite(world);
  await world.push("base:v1", twoPlatforms());
  const words = ["append", "-b", `${world.registry}/base:v1`, "-f", `${world.dir}/site`];
  await runDavitOk([...words, "-t", `${world.registry}/site:v1`]);
  const index = await manifestOf(world, "site:v1");
  assertEquals(index.manifests.length, 2);
  for (const platform of ["linux/amd64", "linux/arm64"]) {
    const paths = await listOf(world, "site:v1", "--platform", platform);
    assert(paths.includes("index.html") && paths.includes("arch"), platform);
  }
});

Deno.test("append --platform takes that image of an index, as a global flag too", async () => {
  await using world = await openWorld();
  await writeSite(world);
  await world.push("base:v1", twoPlatforms());
  const words = ["append", "-b", `${world.registry}/base:v1`, "-f", `${world.dir}/site`, "-t"];
  const flag = ["--platform", "linux/arm64"];
  const after = await runDavitOk([...words, `${world.registry}/site:v1`, ...flag]);
  const before = await runDavitOk([...flag, ...words, `${world.registry}/site:v1`]);
  assertEquals(before.stdout, after.stdout);
  assertEquals((await configOf(world, "site:v1")).architecture, "arm64");
});

Deno.test("append --platform reads its layers once", async () => {
  await using world = await openWorld();
  await writeSite(world);
  const stdin = await Deno.readFile(`${world.dir}/site.tar`);
  const tag = `${world.registry}/site:v1`;
  await runDavitOk(["append", "--platform=linux/arm64", "-f", "-", "-t", tag], { stdin });
  assertEquals((await configOf(world, "site:v1")).architecture, "arm64");
});

Deno.test("append without a base makes an image for --platform", async () => {
  await using world = await openWorld();
  await writeSite(world);
  const words = ["append", "-f", `${world.dir}/site`, "--platform", "linux/arm64/v8"];
  await runDavitOk([...words, "-t", `${world.registry}/site:v1`]);
  const { os, architecture, variant } = await configOf(world, "site:v1");
  assertEquals([os, architecture, variant], ["linux", "arm64", "v8"]);
});

Deno.test("append -o writes a docker save tarball and pushes nothing", async () => {
  await using world = await openWorld();
  await writeSite(world);
  const out = `${world.dir}/out.tar`;
  const stdin = await Deno.readFile(`${world.dir}/site.tar`);
  const tag = `${world.registry}/site:v1`;
  const written = await runDavitOk(["append", "-f", "-", "-t", tag, "-o", out], { stdin });
  const { stdout: manifest } = await runOk("tar", ["xOf", out, "manifest.json"]);
  assertEquals(JSON.parse(manifest)[0].RepoTags, [tag]);
  const digest = await runDavitOk(["digest", "--tarball", out]);
  assertEquals(written.stdout, `${world.registry}/site@${digest.stdout}`);
  assertEquals((await runDavit(["ls", `${world.registry}/site`])).code, 3);
});

for (
  const [compression, mediaType] of [
    ["gzip", MEDIA_TYPE.ociLayerGzip],
    ["zstd", MEDIA_TYPE.ociLayerZstd],
    ["none", MEDIA_TYPE.ociLayer],
  ]
) {
  Deno.test(`append --compression ${compression} makes such layers`, async () => {
    await using world = await openWorld();
    await writeSite(world);
    const words = ["append", "-f", `${world.dir}/site`, "--compression", compression ?? ""];
    await runDavitOk([...words, "-t", `${world.registry}/site:v1`]);
    const { layers: [layer] } = await manifestOf(world, "site:v1");
    assertEquals(layer.mediaType, mediaType);
  });
}

Deno.test("append --level 9 compresses harder than --level 1", async () => {
  await using world = await openWorld();
  await world.write("site/words", Array.from({ length: 50_000 }, (_, i) => `word ${i} `).join(""));
  const sizes: number[] = [];
  for (const level of ["1", "9"]) {
    const words = ["append", "-f", `${world.dir}/site`, "--level", level];
    await runDavitOk([...words, "-t", `${world.registry}/site:v${level}`]);
    sizes.push((await manifestOf(world, `site:v${level}`)).layers[0].size);
  }
  const [fast = 0, small = 0] = sizes;
  assert(small < fast, `${small} is not less than ${fast}`);
});

Deno.test("append takes its times from SOURCE_DATE_EPOCH", async () => {
  await using world = await openWorld();
  await writeSite(world);
  const env = { SOURCE_DATE_EPOCH: "1700000000" };
  const words = ["append", "-f", `${world.dir}/site`, "-t", `${world.registry}/site:v1`];
  const then = await runDavitOk(words, { env });
  const config = await configOf(world, "site:v1");
  assertEquals(config.created, "2023-11-14T22:13:20Z");
  assertEquals(config.history[0].created, "2023-11-14T22:13:20Z");
  const { bytes } = await runDavitOk(["export", `${world.registry}/site:v1`]);
  const listing = await runOk("tar", ["tv", "--utc", "--full-time"], { stdin: bytes });
  for (const line of listing.stdout.trim().split("\n")) {
    assertStringIncludes(line, "2023-11-14 22:13:20");
  }
  assert((await runDavitOk(words)).stdout !== then.stdout);
  assertEquals((await configOf(world, "site:v1")).created, "1970-01-01T00:00:00Z");
});

Deno.test("append --set-base-image-annotations notes name and digest of the base", async () => {
  await using world = await openWorld();
  await writeSite(world);
  const digest = await world.push("base:v1", makeImage([]));
  const base = `${world.registry}/base:v1`;
  const words = ["append", "-b", base, "-f", `${world.dir}/site`, "--set-base-image-annotations"];
  await runDavitOk([...words, "-t", `${world.registry}/site:v1`]);
  assertEquals((await manifestOf(world, "site:v1")).annotations, {
    "org.opencontainers.image.base.digest": digest,
    "org.opencontainers.image.base.name": base,
  });
});

Deno.test("append --json tells the result on stdout and what happens on stderr", async () => {
  await using world = await openWorld();
  await writeSite(world);
  const tag = `${world.registry}/site:v1`;
  const { stdout, stderr } = await runDavitOk([
    "append",
    "--json",
    "-f",
    `${world.dir}/site`,
    "-t",
    tag,
  ]);
  const { digest, mediaType, reference } = JSON.parse(stdout);
  assertEquals(mediaType, MEDIA_TYPE.ociManifest);
  assertEquals(reference, `${world.registry}/site@${digest}`);
  const events = stderr.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(events.filter(({ kind }) => kind === "done").length, 3);
  assertEquals(events.at(-1).kind, "root");
});

const REFUSED: readonly {
  readonly why: string;
  readonly words: readonly string[];
  readonly code: number;
  readonly says: string;
}[] = [
  { why: "no layer", words: [], code: 2, says: "expected a layer: -f PATH" },
  { why: "a missing tar", words: ["-f", "DIR/nope.tar"], code: 3, says: "nope.tar" },
  { why: "a missing directory", words: ["--directory", "DIR/no:/x"], code: 3, says: "/no" },
  { why: "a relative place", words: ["--directory", "DIR/site:x"], code: 3, says: "site:x" },
  { why: "what is no tar", words: ["-f", "DIR/text"], code: 1, says: "expected a tar" },
  {
    why: "a base that is not there",
    words: ["-b", "REG/no:1", "-f", "DIR/site"],
    code: 3,
    says: "/no",
  },
  { why: "an empty base", words: ["--base=", "-f", "DIR/site"], code: 2, says: "(--base)" },
  { why: "a path out of the image", words: ["--remove", "../etc"], code: 2, says: '".."' },
  { why: "the root", words: ["--remove", "/"], code: 2, says: "below the root" },
  { why: "level 10", words: ["-f", "DIR/site", "--level", "10"], code: 2, says: "expected 1 to 9" },
  {
    why: "an unknown compression",
    words: ["-f", "DIR/site", "--compression", "xz"],
    code: 2,
    says: 'Cannot use --compression "xz": expected gzip, zstd, none',
  },
  {
    why: "a base and none",
    words: ["-b", "REG/x", "--oci-empty-base", "-f", "DIR/site"],
    code: 2,
    says: "there is a base",
  },
  {
    why: "annotations of no base",
    words: ["-f", "DIR/site", "--set-base-image-annotations"],
    code: 2,
    says: "expected --base",
  },
  {
    why: "an output that cannot be",
    words: ["-f", "DIR/site", "-o", "DIR/no/dir.tar"],
    code: 1,
    says: "no/dir.tar",
  },
  {
    why: "an output that is a directory",
    words: ["-f", "DIR/site", "-o", "DIR/site"],
    code: 1,
    says: "a directory",
  },
];

for (const { why, words, code, says } of REFUSED) {
  Deno.test(`append refuses ${why}, and leaves nothing behind`, async () => {
    await using world = await openWorld();
    await world.write("site/index.html", "ahoy");
    await world.write("text", "no tar at all");
    const here = words.map((word) => word.replace("DIR", world.dir).replace("REG", world.registry));
    const result = await runDavit(["append", ...here, "-t", `${world.registry}/site:v1`]);
    assertEquals(result.code, code, result.stderr);
    assertEquals(result.stdout, "");
    assertMatch(result.stderr, /^davit: Cannot [^\n]+\n$/);
    assertStringIncludes(result.stderr, says);
    assertEquals(await world.list(), ["site", "text"]);
    const { stdout } = await runDavit(["catalog", world.registry]);
    assertEquals(stdout, "");
  });
}

Deno.test("append refuses a SOURCE_DATE_EPOCH that is no number", async () => {
  const env = { SOURCE_DATE_EPOCH: "yesterday" };
  const { code, stderr } = await runDavit(["append", "--remove", "a", "-t", "x"], { env });
  assertEquals(code, 2);
  assertStringIncludes(stderr, 'SOURCE_DATE_EPOCH "yesterday"');
});

Deno.test("append --only adds to some images of an index, which stays one", async () => {
  await using world = await openWorld();
  await writeSite(world);
  await world.push("base:v1", twoPlatforms());
  await runDavitOk([
    ...["append", "-b", `${world.registry}/base:v1`, "-f", `${world.dir}/site`],
    ...["-t", `${world.registry}/app:v1`, "--only", "linux/arm64"],
  ]);
  const [base, app] = [await manifestOf(world, "base:v1"), await manifestOf(world, "app:v1")];
  assertEquals(app.manifests[0], base.manifests[0]);
  const arm = await manifestOf(world, "app:v1", "--platform", "linux/arm64");
  assertEquals(arm.layers.length, 2);
});

Deno.test("append -o writes to any place, from standard input too, and keeps zstd where it may", async () => {
  await using world = await openWorld();
  await writeSite(world);
  const stdin = await Deno.readFile(`${world.dir}/site.tar.zst`);
  for (const kind of ["oci", "oci-archive"]) {
    const output = `${kind}:${world.dir}/${kind}`;
    const words = ["append", "-f", "-", "-t", "registry.example/site:v1", "-o", output];
    await runDavitOk(words, { stdin });
    const { stdout } = await runDavitOk(["manifest", `${output}:v1`]);
    const [layer] = JSON.parse(stdout).layers;
    assertEquals([layer.mediaType, layer.size], [MEDIA_TYPE.ociLayerZstd, stdin.length], kind);
  }
});

Deno.test("append of standard input writes this machine's image of an index to a tarball", async () => {
  await using world = await openWorld();
  await writeSite(world);
  await world.push("base:v1", twoPlatforms());
  const stdin = await Deno.readFile(`${world.dir}/site.tar`);
  const words = ["append", "-b", `${world.registry}/base:v1`, "-t", "site:v1", "-f", "-"];
  const { stderr } = await runDavitOk([...words, "-o", `${world.dir}/out.tar`], { stdin });
  assertStringIncludes(stderr, "holds one platform's image");
  const { bytes } = await runDavitOk(["export", `docker-archive:${world.dir}/out.tar`]);
  const { stdout } = await runOk("tar", ["t"], { stdin: bytes });
  assertStringIncludes(stdout, "sub/page.html");
});
