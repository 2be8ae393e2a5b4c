import { gzipSync } from "node:zlib";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { copy } from "../../lib/store/copy.ts";
import { serveCounted } from "../support/counted_registry.ts";
import { tempDir } from "../support/temp_dir.ts";
import { locateEntries } from "../../lib/archive/tar_entries.ts";
import { makeImage } from "../support/images.ts";
import { runOk } from "../support/command.ts";
import { openWorld, twoPlatforms, type World } from "./world.ts";

const ONE = makeImage([[{ path: "one", content: "1" }]]);
const TWO = makeImage([[{ path: "one", content: "1" }], [{ path: "two", content: "2" }]]);

async function pushBoth(world: World): Promise<readonly string[]> {
  await world.push("app:v1", ONE);
  await world.push("app:v2", TWO);
  return [`${world.registry}/app:v1`, `${world.registry}/app:v2`];
}

async function entriesOf(path: string): Promise<string[]> {
  return (await runOk("tar", ["tf", path])).stdout.trim().split("\n");
}

Deno.test("pull writes a docker save tarball that holds an OCI layout too", async () => {
  await using world = await openWorld();
  const [image = ""] = await pushBoth(world);
  const out = `${world.dir}/app.tar`;
  const { stdout, stderr } = await runDavitOk(["pull", image, out]);
  assertEquals(stdout, (await runDavitOk(["digest", image])).stdout);
  assertEquals(stderr, "");
  const entries = await entriesOf(out);
  for (const name of ["manifest.json", "index.json", "oci-layout"]) assert(entries.includes(name));
  const { stdout: manifest } = await runOk("tar", ["xOf", out, "manifest.json"]);
  assertEquals(JSON.parse(manifest)[0].RepoTags, [image]);
});

Deno.test("pull --format legacy writes the form with a directory a layer", async () => {
  await using world = await openWorld();
  const images = await pushBoth(world);
  const out = `${world.dir}/app.tar`;
  await runDavitOk(["pull", "--format", "legacy", ...images, out]);
  const entries = await entriesOf(out);
  assertEquals(entries.filter((name) => name.endsWith("/VERSION")).length, 3);
  assert(entries.includes("repositories"));
});

for (const format of ["tarball", "legacy"]) {
  Deno.test(`pull --format ${format} to - writes to standard output, and results to the other`, async () => {
    await using world = await openWorld();
    const [image = ""] = await pushBoth(world);
    const { stdout: digest } = await runDavitOk(["digest", image]);
    const piped = await runDavitOk(["pull", "--format", format, image, "-"]);
    assertEquals(piped.stderr, digest);
    const path = await world.write("piped.tar", piped.bytes);
    await runDavitOk(["push", path, `${world.registry}/piped:v1`]);
    const { stdout: pushed } = await runDavitOk(["config", `${world.registry}/piped:v1`]);
    assertEquals(pushed, (await runDavitOk(["config", image])).stdout);
    assertEquals(await world.list(), ["piped.tar"]);
  });
}

Deno.test("pull --format oci to - says that a layout is a directory", async () => {
  await using world = await openWorld();
  const [image = ""] = await pushBoth(world);
  const { code, stdout, stderr } = await runDavit(["pull", "--format=oci", image, "-"]);
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, "oci-archive:-");
});

Deno.test("pull --format oci writes a layout and adds to one that is there", async () => {
  await using world = await openWorld();
  const [one = "", two = ""] = await pushBoth(world);
  const out = `${world.dir}/layout`;
  await runDavitOk(["pull", "--format=oci", one, out]);
  await runDavitOk(["pull", "--format=oci", two, out]);
  const { manifests } = JSON.parse(await Deno.readTextFile(`${out}/index.json`));
  assertEquals(
    manifests.map((entry: { annotations: unknown }) => entry.annotations),
    ["v1", "v2"].map((tag) => ({ "org.opencontainers.image.ref.name": tag })),
  );
});

Deno.test("pull --annotate-ref names images in full", async () => {
  await using world = await openWorld();
  const [image = ""] = await pushBoth(world);
  const out = `${world.dir}/layout`;
  await runDavitOk(["pull", "--format=oci", "--annotate-ref", image, out]);
  const { manifests: [entry] } = JSON.parse(await Deno.readTextFile(`${out}/index.json`));
  assertEquals(entry.annotations, { "org.opencontainers.image.ref.name": image });
});

Deno.test("pull --format oci of images that share a tag names these in full", async () => {
  await using world = await openWorld();
  await world.push("app:v1", ONE);
  await world.push("app:v2", ONE);
  await world.push("other/app:v1", TWO);
  const out = `${world.dir}/layout`;
  const images = ["app:v1", "other/app:v1", "app:v2"].map((name) => `${world.registry}/${name}`);
  await runDavitOk(["pull", "--format=oci", ...images, out]);
  const { manifests } = JSON.parse(await Deno.readTextFile(`${out}/index.json`));
  assertEquals(
    manifests.map((entry: { annotations: unknown }) => entry.annotations),
    [images[0], images[1], "v2"].map((name) => ({ "org.opencontainers.image.ref.name": name })),
  );
  for (const image of images.slice(0, 2)) {
    const { stdout } = await runDavitOk(["digest", `oci:${out}:${image}`]);
    assertEquals(stdout, (await runDavitOk(["digest", image])).stdout);
  }
});

Deno.test("pull --format oci keeps a whole index; --platform takes one image of it", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", twoPlatforms());
  const image = `${world.registry}/app:v1`;
  const whole = await runDavitOk(["pull", "--format=oci", image, `${world.dir}/whole`]);
  assertEquals(whole.stdout, `${digest}\n`);
  const flags = ["--format=oci", "--platform=linux/arm64"];
  await runDavitOk(["pull", ...flags, image, `${world.dir}/one`]);
  const { stdout } = await runDavitOk(["config", `oci:${world.dir}/one`]);
  assertEquals(JSON.parse(stdout).architecture, "arm64");
});

Deno.test("pull of an index into a tarball takes this machine's image and says so", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const { stderr } = await runDavitOk([
    "pull",
    `${world.registry}/app:v1`,
    `${world.dir}/app.tar`,
  ]);
  assertMatch(stderr, /^docker-archive:\S+ holds one platform's image: took linux\/\w+\n$/);
});

for (const format of ["tarball", "legacy"]) {
  Deno.test(`pull --format ${format} --platform all of an index says what holds all`, async () => {
    await using world = await openWorld();
    await world.push("app:v1", twoPlatforms());
    const words = ["pull", "--platform=all", `--format=${format}`, `${world.registry}/app:v1`];
    const { code, stderr } = await runDavit([...words, `${world.dir}/app.tar`]);
    assertEquals(code, 1);
    assertMatch(stderr, /^davit: Cannot write images for all platforms to docker-[^\n]+\n$/);
    assertStringIncludes(stderr, "oci-archive:FILE");
    assertEquals(await world.list(), []);
  });
}

Deno.test("pull --platform all of a single image is no question", async () => {
  await using world = await openWorld();
  const [image = ""] = await pushBoth(world);
  await runDavitOk(["pull", "--platform=all", image, `${world.dir}/app.tar`]);
});

Deno.test("pull --format oci-archive writes a tar of every platform", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", twoPlatforms());
  const [image, path] = [`${world.registry}/app:v1`, `${world.dir}/app.tar`];
  await runDavitOk(["pull", "--format=oci-archive", "--platform=all", image, path]);
  const { stdout } = await runDavitOk(["digest", `oci-archive:${path}:v1`]);
  assertEquals(stdout, `${digest}\n`);
  await runDavitOk(["push", path, `${world.registry}/again:v1`]);
  assertEquals((await runDavitOk(["digest", `${world.registry}/again:v1`])).stdout, stdout);
});

Deno.test("pull of several images writes all or nothing", async () => {
  await using world = await openWorld();
  const images = await pushBoth(world);
  const out = `${world.dir}/app.tar`;
  const { code, stdout, stderr } = await runDavit([
    "pull",
    ...images,
    `${world.registry}/app:nope`,
    out,
  ]);
  assertEquals(code, 3);
  assertEquals(stdout, "");
  assertMatch(stderr, /^davit: Cannot find tag "nope" in "[^\n]+"\n$/);
  assertEquals(await world.list(), []);
});

for (const format of ["tarball", "legacy", "oci"]) {
  Deno.test(`push gives back what pull --format ${format} wrote`, async () => {
    await using world = await openWorld();
    const [, image = ""] = await pushBoth(world);
    await runDavitOk(["pull", "--format", format, image, `${world.dir}/local`]);
    const again = `${world.registry}/again:v1`;
    const { stdout } = await runDavitOk(["push", `${world.dir}/local`, again]);
    const [original, pushed] = await Promise.all(
      [image, again].map((name) => runDavitOk(["digest", name])),
    );
    assertEquals(stdout, `${world.registry}/again@${pushed?.stdout}`);
    if (format !== "legacy") assertEquals(pushed?.stdout, original?.stdout);
    const { bytes } = await runDavitOk(["export", again]);
    const { stdout: paths } = await runOk("tar", ["t"], { stdin: bytes });
    assertEquals(paths.trim().split("\n").sort(), ["one", "two"]);
  });
}

Deno.test("push takes a compressed tarball", async () => {
  await using world = await openWorld();
  const [image = ""] = await pushBoth(world);
  await runDavitOk(["pull", image, `${world.dir}/app.tar`]);
  await world.write("app.tar.gz", gzipSync(await Deno.readFile(`${world.dir}/app.tar`)));
  await runDavitOk(["push", `${world.dir}/app.tar.gz`, `${world.registry}/again:v1`]);
  assertEquals(
    (await runDavitOk(["digest", `${world.registry}/again:v1`])).stdout,
    (await runDavitOk(["digest", image])).stdout,
  );
});

Deno.test("push of a layout with several images asks which, or takes --index", async () => {
  await using world = await openWorld();
  const images = await pushBoth(world);
  await runDavitOk(["pull", "--format=oci", ...images, `${world.dir}/layout`]);
  const tag = `${world.registry}/again:v1`;
  const asked = await runDavit(["push", `${world.dir}/layout`, tag]);
  assertEquals(asked.code, 1);
  assertStringIncludes(asked.stderr, "give one of: v1, v2");
  await runDavitOk(["push", `oci:${world.dir}/layout:v2`, tag]);
  assertEquals(
    (await runDavitOk(["digest", tag])).stdout,
    (await runDavitOk(["digest", images[1] ?? ""])).stdout,
  );
  await runDavitOk(["push", "--index", `${world.dir}/layout`, tag]);
  assertEquals(JSON.parse((await runDavitOk(["manifest", tag])).stdout).manifests.length, 2);
});

Deno.test("push --image-refs writes the name with the digest to a file", async () => {
  await using world = await openWorld();
  const [image = ""] = await pushBoth(world);
  await runDavitOk(["pull", "--format=oci", image, `${world.dir}/layout`]);
  const refs = `${world.dir}/refs`;
  const tag = `${world.registry}/again:v1`;
  const { stdout } = await runDavitOk(["push", "--image-refs", refs, `${world.dir}/layout`, tag]);
  assertEquals(await Deno.readTextFile(refs), stdout);
});

for (
  const { path, code, says } of [
    { path: "nope.tar", code: 3, says: 'Cannot find file "' },
    { path: "text", code: 1, says: 'text" as an image: it is no tar' },
    { path: "site", code: 1, says: 'to make an image of its files, use "davit append -f ' },
  ]
) {
  Deno.test(`push refuses ${path} with one line`, async () => {
    await using world = await openWorld();
    await world.write("site/index.html", "ahoy");
    await world.write("text", "no archive");
    const result = await runDavit(["push", `${world.dir}/${path}`, `${world.registry}/app:v1`]);
    assertEquals(result.code, code);
    assertStringIncludes(result.stderr, says);
    assertMatch(result.stderr, /^davit: Cannot [^\n]+\n$/);
  });
}

for (const format of ["tarball", "legacy", "oci-archive"]) {
  Deno.test(`push of a ${format} that is cut says so, and where; or nothing is lost`, async () => {
    await using world = await openWorld();
    const [image = ""] = await pushBoth(world);
    const whole = `${world.dir}/whole.tar`;
    await runDavitOk(["pull", "--format", format, image, whole]);
    const bytes = await Deno.readFile(whole);
    const { entries } = await locateEntries(whole);
    const cut = async (size: number) => {
      const path = await world.write("cut.tar", bytes.subarray(0, size));
      return await runDavit(["push", path, `${world.registry}/cut:v1`]);
    };
    const says = /^davit: Cannot [^\n]*cut\.tar[^\n]* is cut short: .* \(at byte (\d+)\)\n$/;
    let refused = 0;
    for (const { offset } of entries.slice(1)) {
      for (const size of [offset - 512, offset - 1]) {
        const { code, stderr } = await cut(size);
        const [, at] = says.exec(stderr) ?? [];
        if (code === 0) {
          const [before, after] = [image, `${world.registry}/cut:v1`];
          assertEquals(
            (await runDavitOk(["config", after])).stdout,
            (await runDavitOk(["config", before])).stdout,
          );
        } else {
          assertEquals(at, String(size), stderr);
          refused++;
        }
      }
    }
    assert(refused >= entries.length);
  });
}

for (const format of ["tarball", "legacy", "oci-archive"]) {
  Deno.test(`copy and push read at - the ${format} that pull writes there`, async () => {
    await using world = await openWorld();
    const [image = ""] = await pushBoth(world);
    const { bytes } = await runDavitOk(["pull", "--format", format, image, "-"]);
    const { stdout: config } = await runDavitOk(["config", image]);
    for (const [verb, name] of [["push", "pushed"], ["copy", "copied"]] as const) {
      const target = `${world.registry}/${name}:v1`;
      await runDavitOk([verb, "-", target], { stdin: bytes });
      assertEquals((await runDavitOk(["config", target])).stdout, config);
    }
    assertEquals(await world.list(), []);
  });
}

Deno.test("copy to - writes a docker save tarball, to TRANSPORT:- that form; results go to stderr", async () => {
  await using world = await openWorld();
  const [image = ""] = await pushBoth(world);
  const { stdout: digest } = await runDavitOk(["digest", image]);
  const tarball = await runDavitOk(["copy", image, "-"]);
  assertEquals(tarball.stderr, digest);
  const path = await world.write("app.tar", tarball.bytes);
  assert((await entriesOf(path)).includes("manifest.json"));
  const { bytes } = await runDavitOk(["copy", image, "oci-archive:-:v9"]);
  const again = await runDavitOk(["copy", "oci-archive:-:v9", `oci:${world.dir}/layout`], {
    stdin: bytes,
  });
  assertEquals(again.stdout, digest);
});

Deno.test("a layout is not read from standard input, and what is broken there is told", async () => {
  await using world = await openWorld();
  const target = `${world.registry}/app:v1`;
  const layout = await runDavit(["copy", "oci:-", target]);
  assertEquals(layout.code, 2);
  assertStringIncludes(layout.stderr, "oci-archive:- is a tar");
  const empty = await runDavit(["push", "-", target]);
  assertEquals(empty.code, 1);
  assertStringIncludes(empty.stderr, "it is empty");
});

Deno.test("pull to a path with a transport in front writes that form, under its name", async () => {
  await using world = await openWorld();
  const images = await pushBoth(world);
  const place = `oci-archive:${world.dir}/app.tar:mine`;
  const { stdout } = await runDavitOk(["pull", images[0] ?? "", place]);
  assertEquals((await runDavitOk(["digest", place])).stdout, stdout);
  const both = await runDavit(["pull", ...images, place]);
  assertEquals(both.code, 2);
  assertStringIncludes(both.stderr, "2 images under the one name");
  const mistyped = await runDavit(["pull", images[0] ?? "", "oci-achive:app.tar"]);
  assertEquals(mistyped.code, 2);
  assertStringIncludes(mistyped.stderr, 'did you mean "oci-archive:app.tar"?');
  assertEquals(await world.list(), ["app.tar"]);
});

Deno.test("pull --cache_path fetches a blob once, and gives what is asked for", async () => {
  await using registry = await serveCounted();
  using transport = new Transport();
  await using app = new Repository({ registry: registry.address, repository: "app" }, {
    transport,
  });
  await copy(TWO, app, { names: ["v1"] });
  await using dir = await tempDir();
  const pull = (to: string) =>
    registry.requestsOf(() =>
      runDavitOk(["pull", "-c", dir.join("cache"), `${registry.address}/app:v1`, dir.join(to)])
    );
  const blobs = (requests: readonly string[]) =>
    requests.filter((line) => line.includes("/blobs/"));
  assertEquals(blobs(await pull("first.tar")).length, 3);
  assertEquals(blobs(await pull("second.tar")).length, 0);
  assertEquals(
    await Deno.readFile(dir.join("first.tar")),
    await Deno.readFile(dir.join("second.tar")),
  );
});
