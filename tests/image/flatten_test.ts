import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { exportImage } from "../../lib/image/export_image.ts";
import { flattenImage } from "../../lib/image/flatten.ts";
import type { Image } from "../../lib/image/image.ts";
import { editImage } from "../../lib/image/edit_image.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { opaque, whiteout } from "../../lib/layer/whiteout.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { readTar } from "../../lib/tar/read_tar.ts";
import { jsonOf, makeImage } from "../support/images.ts";
import { tarLines } from "../support/tar_lines.ts";

function file(path: string, content = path): LayerEntry {
  return { path, content };
}

function link(path: string, linkName: string): LayerEntry {
  return { path, type: "hardlink", linkName };
}

function directory(path: string, mode = 0o755): LayerEntry {
  return { path, type: "directory", mode };
}

/** What the top layer of an image holds. */
async function topOf(image: Image): Promise<string[]> {
  const layer = (await image.layers()).at(-1);
  if (layer === undefined) throw new TypeError("no layer");
  return await tarLines(layer.uncompressed());
}

Deno.test("flattenImage() makes one layer without what is gone", async () => {
  const image = makeImage([[file("a"), file("secret")], [whiteout("secret"), file("b")]]);
  const flat = flattenImage(image);
  assertEquals((await flat.layers()).length, 1);
  assertEquals(await topOf(flat), ["a = a", "b = b"]);
});

Deno.test("flattenImage() puts parents before what is in them", async () => {
  const names: string[] = [];
  const flat = flattenImage(makeImage([[directory("d"), directory("d/e"), file("d/e/f")]]));
  const [layer] = await flat.layers();
  if (layer === undefined) throw new TypeError("no layer");
  for await (const { header } of readTar(layer.uncompressed())) names.push(header.name);
  assertEquals(names, ["d/", "d/e/", "d/e/f"]);
});

Deno.test("flattenImage() changes layers, diff IDs and history, and nothing else", async () => {
  const image = makeImage([[file("a")], [file("b")]], { labels: { team: "deck" } });
  const flat = flattenImage(image);
  const [before, after] = [jsonOf(await image.config()), jsonOf(await flat.config())];
  const [layer] = await flat.layers();
  const { digest } = await image.descriptor();
  assertEquals(after, {
    ...before,
    rootfs: { type: "layers", diff_ids: [await layer?.diffId()] },
    history: [{
      created_by: `davit flatten ${digest}`,
      comment: JSON.stringify(before.history),
    }],
  });
});

Deno.test("flattenImage() says when, if it is told", async () => {
  const created = "2020-01-02T03:04:05Z";
  const config = jsonOf(await flattenImage(makeImage([[file("a")]]), { created }).config());
  assertEquals([config.created, config.history[0].created], [created, created]);
});

Deno.test("flattenImage() gives the same digest again", async () => {
  const digests = await Promise.all([1, 2].map(async (workers) => {
    const image = makeImage([[file("a"), link("b", "a")], [whiteout("a"), directory("d")]]);
    return (await flattenImage(image, { workers }).descriptor()).digest;
  }));
  assertEquals(digests[0], digests[1]);
});

Deno.test("flattenImage() keeps the lower layers and their history when it takes the top", async () => {
  const image = makeImage([[file("a")], [file("b")], [file("c")]]);
  const flat = flattenImage(image, { top: 2 });
  const [before, after] = await Promise.all([image.layers(), flat.layers()]);
  assertEquals(after.length, 2);
  assertEquals(await after[0]?.digest(), await before[0]?.digest());
  const { history } = jsonOf(await flat.config());
  assertEquals(history.length, 2);
  assertEquals(await topOf(flat), ["b = b", "c = c"]);
});

const SQUASHES: readonly {
  readonly does: string;
  readonly layers: readonly (readonly LayerEntry[])[];
  readonly top: readonly string[];
}[] = [
  {
    does: "keeps a whiteout of what lies below",
    layers: [[file("a"), file("d/x")], [file("b")], [whiteout("a"), whiteout("d")]],
    top: [".wh.a = ", ".wh.d = ", "b = b"],
  },
  {
    does: "forgets what was made and removed within",
    layers: [[file("a")], [file("b")], [whiteout("b")]],
    top: [],
  },
  {
    does: "removes what was replaced, then removed",
    layers: [[file("a", "old")], [file("a", "new")], [whiteout("a")]],
    top: [".wh.a = "],
  },
  {
    does: "names each file that an opaque directory hides",
    layers: [[directory("d"), file("d/x"), file("d/y")], [file("z")], [
      directory("d"),
      opaque("d"),
      file("d/y", "new"),
    ]],
    top: ["d/", "d/.wh.x = ", "d/y = new", "z = z"],
  },
  {
    does: "lets a file hide the directory in its place",
    layers: [[file("d/x")], [file("z")], [whiteout("d"), file("d", "file")]],
    top: ["d = file", "z = z"],
  },
  {
    does: "links to a file below that is still there",
    layers: [[file("a")], [file("z")], [link("b", "a")]],
    top: ["b == a", "z = z"],
  },
  {
    does: "takes a linked file along when its name below is gone",
    layers: [[file("a", "old")], [link("b", "a"), link("c", "a")], [file("a", "new")]],
    top: ["a = new", "b = old", "c == b"],
  },
];

for (const { does, layers, top } of SQUASHES) {
  Deno.test(`flattenImage() of the top ${does}`, async () => {
    const image = makeImage(layers);
    const squashed = flattenImage(image, { top: 2 });
    const isImplied = (line: string) => line.endsWith("/") && !top.includes(line);
    assertEquals((await topOf(squashed)).filter((line) => !isImplied(line)), top);
    assertEquals(await tree(squashed), await tree(image));
  });
}

function tree(image: Image): Promise<string[]> {
  return exportImage(image).then((tar) => tarLines(tar, { modes: true }));
}

const path = fc.constantFrom("a", "b", "d", "d/a", "d/b", "d/e", "d/e/a");
const change = fc.oneof(
  fc.record({ path, content: fc.string({ maxLength: 3 }), mode: fc.constantFrom(0o644, 0o600) }),
  fc.record({ path, type: fc.constant("directory" as const), mode: fc.constantFrom(0o755, 0o700) }),
  fc.record({
    path,
    type: fc.constant("symlink" as const),
    linkName: fc.constantFrom("d", "/b", "x"),
  }),
  path.map((path) => whiteout(path)),
  fc.constantFrom("", "d", "d/e").map((path) => opaque(path)),
);

/** What a layer may hold: no entry below one that is no directory, each path once. */
const layer = fc.uniqueArray(change, { maxLength: 5, selector: ({ path }) => path }).map((
  entries,
) =>
  entries.filter((entry) =>
    !entries.some((other) =>
      entry.path.startsWith(`${other.path}/`) && "type" in other
        ? other.type !== "directory"
        : entry.path.startsWith(`${other.path}/`)
    )
  )
);

Deno.test("flattenImage() of however many layers leaves the same filesystem", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(layer, { minLength: 1, maxLength: 4 }),
      fc.nat(4),
      async (layers, top) => {
        const image = makeImage(layers);
        const before = await tree(image).catch(() => undefined);
        fc.pre(before !== undefined);
        assertEquals(await tree(flattenImage(image, { top: top + 1 })), before);
        assertEquals(await tree(flattenImage(image)), before);
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("flattenImage() reads layers again where nothing may be kept", async () => {
  const image = makeImage([[file("a"), file("b")], [whiteout("a"), file("c")]]);
  assertEquals(await topOf(flattenImage(image, { keep: false })), ["b = b", "c = c"]);
});

Deno.test("flattenImage() refuses an artifact and a number of layers that is none", async () => {
  const artifact = editImage(makeImage([[file("a")]]), { configType: "application/vnd.x+json" });
  await assertRejects(() => flattenImage(artifact).layers(), UnsupportedError, "image config");
  for (const top of [0, -1, 1.5]) assertThrows(() => flattenImage(artifact, { top }), RangeError);
});
