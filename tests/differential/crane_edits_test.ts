/**
 * Holds edits to crane's: the same config, the same diff IDs, the same files. What differs on
 * purpose stands in the tables here, with its reason.
 */
import { assert, assertEquals } from "@std/assert";
import { configureImage } from "../../lib/image/configure.ts";
import type { View } from "../../lib/image/image.ts";
import { mapImages } from "../../lib/image/map_images.ts";
import { parsePlatform } from "../../lib/oci/platform.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { copy } from "../../lib/store/copy.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { run, runOk } from "../support/command.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { artifact, build, file, fivePlatforms, imagesByForm, TREES } from "./edited_images.ts";
import type { TreeEntry } from "../support/describe_tree.ts";
import { treeOfTar } from "./trees.ts";

const NEEDS = { needs: ["crane", "tar", "gzip", "zstd"] };

// deno-lint-ignore no-explicit-any
type Document = any;

/** A registry that both tools edit in. */
interface World extends AsyncDisposable {
  readonly address: string;
  readonly dir: string;
  push(name: string, view: View): Promise<string>;
  /** Manifest and config as they are stored. */
  read(name: string): Promise<{ manifest: Document; config: Document }>;
}

async function openWorld(): Promise<World> {
  await using scope = new AsyncDisposableStack();
  const { address } = scope.use(await serveRegistry());
  const { path: dir } = scope.use(await tempDir());
  const transport = scope.use(new Transport());
  const owned = scope.move();
  return {
    address,
    dir,
    async push(name, view) {
      const [repository = "", tag = ""] = name.split(":");
      await using store = new Repository({ registry: address, repository }, { transport });
      await copy(view, store, { names: [tag], nondistributable: true });
      return `${address}/${name}`;
    },
    async read(name) {
      const json = async (what: string) =>
        JSON.parse((await runDavitOk([what, "--platform", "linux/amd64", name])).stdout);
      const plain = async (what: string) => JSON.parse((await runDavitOk([what, name])).stdout);
      const manifest = await plain("manifest");
      return manifest.manifests === undefined
        ? { manifest, config: await plain("config") }
        : { manifest: await json("manifest"), config: await json("config") };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Runs the same words in both, on the same image; returns the names of the two results. */
async function both(
  world: World,
  [verb, ...words]: readonly string[],
  result: "-t" | "--tag" = "-t",
): Promise<{ crane: string; davit: string }> {
  const names = { crane: `${world.address}/made:crane`, davit: `${world.address}/made:davit` };
  await runOk("crane", [verb ?? "", ...words, result, names.crane]);
  await runDavitOk([verb ?? "", ...words, result, names.davit]);
  return names;
}

/** A layer descriptor without what depends on the compressor. */
function kindOf({ digest: _digest, size: _size, ...layer }: Document): Document {
  return layer;
}

/** Go leaves out what is empty; davit writes what was there. */
function withoutEmpty(config: Document): Document {
  return JSON.parse(JSON.stringify(config, (_key, value) => value === null ? undefined : value));
}

const MUTATION = [
  ...["-l", "b=<2>,c=3", "-a", "note=n", "-e", "PATH=/usr/bin", "-e", "NEW=a,b=c"],
  ...["--entrypoint", "/bin/sh,-c", "--cmd", "x,y", "-u", "1:2", "-w", "/srv"],
  ...["--exposed-ports", "80/tcp,53/udp"],
];

for (const [name, view] of Object.entries(imagesByForm())) {
  peerTest(`mutate makes crane's config and layers: ${name}`, NEEDS, async () => {
    await using world = await openWorld();
    const image = await world.push("app:v1", view);
    const made = await both(world, ["mutate", image, ...MUTATION]);
    const [theirs, ours] = [await world.read(made.crane), await world.read(made.davit)];
    assertEquals(withoutEmpty(ours.config), withoutEmpty(theirs.config));
    const { config: _own, ...manifest } = ours.manifest;
    const { config: _other, ...expected } = theirs.manifest;
    assertEquals(manifest, expected);
  });

  peerTest(`mutate --set-platform makes crane's config: ${name}`, NEEDS, async () => {
    await using world = await openWorld();
    const image = await world.push("app:v1", view);
    const made = await both(world, ["mutate", image, "--set-platform", "linux/arm64/v8:1.2"]);
    const [theirs, ours] = [await world.read(made.crane), await world.read(made.davit)];
    assertEquals(withoutEmpty(ours.config), withoutEmpty(theirs.config));
  });

  peerTest(`append makes crane's layers: ${name}`, NEEDS, async () => {
    await using world = await openWorld();
    const image = await world.push("app:v1", view);
    const tars = await makeTars(world.dir);
    const made = await both(world, ["append", "-b", image, "-f", tars]);
    const [theirs, ours] = [await world.read(made.crane), await world.read(made.davit)];
    assertEquals(ours.config.rootfs, theirs.config.rootfs);
    assertEquals(ours.config.config, theirs.config.config);
    assertEquals(ours.manifest.layers.map(kindOf), theirs.manifest.layers.map(kindOf));
    // What was compressed already is kept to the byte by both.
    assertEquals(ours.manifest.layers.slice(-2), theirs.manifest.layers.slice(-2));
    // crane's entries say nothing; davit's say when and what.
    assertEquals(ours.config.history.length, theirs.config.history.length);
  });

  peerTest(`append makes crane's layers for Windows: ${name}`, NEEDS, async () => {
    await using world = await openWorld();
    const platform = parsePlatform("windows/amd64");
    const base = await mapImages(view, (image) => configureImage(image, { platform }));
    const image = await world.push("app:v1", base);
    const tars = await makeTars(world.dir);
    for (
      const words of [["append", "-b", image, "-f", tars], ["mutate", image, "--append", tars]]
    ) {
      const made = await both(world, words);
      const [theirs, ours] = [await world.read(made.crane), await world.read(made.davit)];
      assertEquals(ours.config.rootfs, theirs.config.rootfs);
    }
  });

  peerTest(`rebase makes crane's layers and config: ${name}`, NEEDS, async () => {
    await using world = await openWorld();
    const platform = name === "another platform" ? { platform: "linux/arm/v7" } : {};
    const oldBase = await world.push("base:old", view);
    const newBase = await world.push("base:new", build([[file("new")], [file("base")]], platform));
    const tars = await makeTars(world.dir);
    const image = `${world.address}/app:v1`;
    await runOk("crane", ["append", "-b", oldBase, "-f", tars, "-t", image]);
    const words = ["--old_base", oldBase, "--new_base", newBase];
    const made = await both(world, ["rebase", image, ...words]);
    const [theirs, ours] = [await world.read(made.crane), await world.read(made.davit)];
    // The image keeps its time, and takes the base's variant: crane loses both.
    const { variant } = ours.config;
    const { created } = (await world.read(image)).config;
    assertEquals(
      withoutEmpty(ours.config),
      withoutEmpty({ ...theirs.config, created, ...(variant && { variant }) }),
    );
    const digests = ({ layers }: Document) => layers.map((layer: Document) => layer.digest);
    assertEquals(digests(ours.manifest), digests(theirs.manifest));
    assertEquals(ours.manifest.annotations, theirs.manifest.annotations);
    // The media types stay those of the image: crane's become Docker's.
    assertEquals(ours.manifest.mediaType, (await world.read(image)).manifest.mediaType);
  });

  peerTest(`flatten leaves crane's config and files: ${name}`, NEEDS, async () => {
    await using world = await openWorld();
    const image = await world.push("app:v1", view);
    const made = await both(world, ["flatten", image]);
    const [theirs, ours] = [await world.read(made.crane), await world.read(made.davit)];
    // crane's time is now. The tars differ in the order of entries, so their diff IDs do.
    const { created: _time, history: [entry], rootfs: _layers, ...expected } = theirs.config;
    const { created, history: [own], rootfs, ...config } = ours.config;
    assertEquals(withoutEmpty(config), withoutEmpty(expected));
    assertEquals(created, (await world.read(image)).config.created);
    assertEquals([rootfs.diff_ids.length, ours.manifest.layers.length], [1, 1]);
    assertEquals(own.created_by, entry.created_by.replace("crane", "davit"));
    assertEquals(JSON.parse(own.comment), JSON.parse(entry.comment));
    const types = ({ mediaType, config }: Document) => [mediaType, config.mediaType];
    assertEquals(types(ours.manifest), types(theirs.manifest));
  });
}

for (const { name, layers, unlike = {} } of TREES.filter(({ layers }) => layers.length > 1)) {
  if (unlike.crane !== undefined) continue; // its export differs in the same way
  peerTest(`flatten leaves the files that crane's leaves: ${name}`, NEEDS, async () => {
    await using world = await openWorld();
    const image = await world.push("app:v1", build(layers));
    const made = await both(world, ["flatten", image]);
    const tree = async (result: string) => {
      const { bytes } = await runDavitOk(["export", result, "-"]);
      return await treeOfTar(bytes, `${world.dir}/${result.split(":").at(-1)}`);
    };
    const [theirs, ours] = [await tree(made.crane), await tree(made.davit)];
    assert(ours !== undefined && ours.length > 0);
    assertEquals(ours, theirs);
  });
}

for (const [name, view] of Object.entries(imagesByForm())) {
  peerTest(`export has crane's files: ${name}`, NEEDS, async () => {
    await using world = await openWorld();
    const image = await world.push("app:v1", view);
    assertEquals(
      await exportedBy("davit", world, [image]),
      await exportedBy("crane", world, [image]),
    );
  });
}

peerTest("export of each platform of an index has crane's files", NEEDS, async () => {
  await using world = await openWorld();
  const image = await world.push("app:v1", fivePlatforms());
  for (const name of ["amd64", "arm64", "arm/v7", "s390x", "ppc64le"]) {
    const words = ["--platform", `linux/${name}`, image];
    const ours = await exportedBy("davit", world, words);
    assert(ours?.some(({ path }) => path === `arch-${name}`), name);
    assertEquals(ours, await exportedBy("crane", world, words));
  }
});

peerTest("export of an artifact's only blob is crane's, decompressed or not", NEEDS, async () => {
  await using world = await openWorld();
  const path = `${world.dir}/notes`;
  await Deno.writeTextFile(path, "no tar at all\n");
  for (const compress of ["true", "gzip -nk", "zstd -qk"]) {
    await runOk("sh", ["-c", `${compress} ${path}`]);
    const extension = { gzip: ".gz", zstd: ".zst" }[compress.slice(0, 4)] ?? "";
    const image = `${world.address}/notes:v1`;
    await runDavitOk([
      "artifact",
      "push",
      image,
      `${path}${extension}:application/vnd.example.notes`,
    ]);
    const { stdout: theirs } = await runOk("crane", ["export", image, "-"]);
    const { stdout: ours } = await runDavitOk(["export", image, "-"]);
    assertEquals([theirs, ours], ["no tar at all\n", "no tar at all\n"]);
  }
});

/** Where crane edits an index otherwise, or not at all. */
const INDEX_EDITS: readonly {
  readonly words: readonly string[];
  readonly crane: "edits linux/amd64 alone" | "refuses" | "edits all";
}[] = [
  { words: ["mutate", "IMAGE", "-l", "b=2"], crane: "edits linux/amd64 alone" },
  { words: ["mutate", "IMAGE", "-a", "b=2"], crane: "refuses" },
  { words: ["append", "-b", "IMAGE", "-f", "TARS"], crane: "edits linux/amd64 alone" },
  { words: ["rebase", "IMAGE", "--old_base", "IMAGE", "--new_base", "IMAGE"], crane: "refuses" },
  { words: ["flatten", "IMAGE"], crane: "edits all" },
];

for (const { words, crane } of INDEX_EDITS) {
  peerTest(
    `${words[0]} ${words[2]} of an index edits five platforms; crane ${crane}`,
    NEEDS,
    async () => {
      await using world = await openWorld();
      const filled: Record<string, string> = {
        IMAGE: await world.push("app:v1", fivePlatforms()),
        TARS: await makeTars(world.dir),
      };
      const line = words.map((word) => filled[word] ?? word);
      const names = { crane: `${world.address}/made:crane`, davit: `${world.address}/made:davit` };
      const theirs = await run("crane", [...line, "-t", names.crane]);
      assertEquals(theirs.code === 0, crane !== "refuses", theirs.stderr);
      await runDavitOk([...line, "-t", names.davit]);
      const { manifests } = JSON.parse((await runDavitOk(["manifest", names.davit])).stdout);
      assertEquals(manifests.length, 5);
      if (crane === "refuses") return;
      const expected = JSON.parse((await runDavitOk(["manifest", names.crane])).stdout);
      assertEquals(expected.manifests?.length, crane === "edits all" ? 5 : undefined);
      const [own, other] = [await world.read(names.davit), await world.read(names.crane)];
      assertEquals(own.config.config, other.config.config);
    },
  );
}

peerTest("an artifact's config is no image's: crane edits it, davit refuses", NEEDS, async () => {
  await using world = await openWorld();
  const image = await world.push("app:v1", artifact());
  for (const words of [["mutate", image, "-l", "a=b"], ["flatten", image]]) {
    const { code, stderr } = await runDavit(words);
    assertEquals(code, 1);
    assert(stderr.includes("expected an image config"), stderr);
  }
  const made = await both(world, ["append", "-b", image, "-f", await makeTars(world.dir)]);
  const [theirs, ours] = [await world.read(made.crane), await world.read(made.davit)];
  assertEquals(ours.manifest.config, theirs.manifest.config);
  assertEquals(ours.manifest.layers.map(kindOf), theirs.manifest.layers.map(kindOf));
});

async function exportedBy(
  who: "crane" | "davit",
  { dir }: World,
  words: readonly string[],
): Promise<readonly TreeEntry[] | undefined> {
  const line = ["export", ...words, "-"];
  const { bytes } = who === "crane" ? await runOk("crane", line) : await runDavitOk(line);
  return await treeOfTar(bytes, await Deno.makeTempDir({ dir }));
}

/** A tar, plain and compressed both ways, as one word. */
async function makeTars(dir: string): Promise<string> {
  await Deno.mkdir(`${dir}/files`, { recursive: true });
  for (const [form, compress] of [["", ""], [".gz", "gzip -nk"], [".zst", "zstd -qk"]]) {
    await Deno.writeTextFile(`${dir}/files/file${form}`, `in the tar${form}`);
    await runOk("tar", ["-C", `${dir}/files`, "-cf", `${dir}/t${form}.tar`, `file${form}`]);
    if (compress !== "") await runOk("sh", ["-c", `${compress} ${dir}/t${form}.tar`]);
  }
  return `${dir}/t.tar,${dir}/t.gz.tar.gz,${dir}/t.zst.tar.zst`;
}
