import { appendLayers } from "../../lib/image/append.ts";
import { configureImage } from "../../lib/image/configure.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import { editImage } from "../../lib/image/edit_image.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import type { Image, View } from "../../lib/image/image.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { RetypedLayer } from "../../lib/layer/retyped_layer.ts";
import { opaque, whiteout } from "../../lib/layer/whiteout.ts";
import { type Compression, MEDIA_TYPE, type MediaFamily } from "../../lib/oci/media_type.ts";
import { parsePlatform } from "../../lib/oci/platform.ts";

/** How an image of the matrix is made. */
interface Form {
  readonly family?: MediaFamily;
  readonly compression?: Compression;
  readonly platform?: string;
}

type Layers = readonly (readonly LayerEntry[])[];

/** A file whose content is its path, of a time that is not that of its neighbours. */
export function file(path: string, content: string = path): LayerEntry {
  return { path, content, mtime: 1_500_000_000 + path.length };
}

function directory(path: string, mode = 0o755): LayerEntry {
  return { path, type: "directory", mode, mtime: 1_400_000_000 };
}

function symlink(path: string, linkName: string): LayerEntry {
  return { path, type: "symlink", linkName, mtime: 1_450_000_000 };
}

function link(path: string, linkName: string): LayerEntry {
  return { path, type: "hardlink", linkName };
}

/** Makes an image with a history, as a builder does: an entry a layer, and one without. */
export function build(layers: Layers, form: Form = {}): Image {
  const { family = "oci", compression = "gzip", platform = "linux/amd64" } = form;
  const created = "2020-01-02T03:04:05Z";
  const base = emptyImage({ family, created, platform: parsePlatform(platform) });
  const added = layers.map((entries, position) => ({
    layer: layerFromEntries(entries, { family, compression }),
    history: { created, created_by: `step ${position}` },
  }));
  return configureImage(appendLayers(base, added), {
    cmd: ["run", "<&>"],
    env: { PATH: "/bin", EMPTY: "" },
    labels: { a: "1" },
    history: [{ created, created_by: "CMD run", empty_layer: true }],
  });
}

const BASE: Layers = [
  [directory("etc"), file("etc/base"), { ...file("bin/sh"), mode: 0o4755, uid: 1, gid: 2 }],
  [file("etc/second"), symlink("bin/ash", "sh")],
];

/** An image whose tree is compared. */
export interface TreeCase {
  readonly name: string;
  readonly layers: Layers;
  /** Why a peer's tree is another one, by its name. */
  readonly unlike?: Readonly<Partial<Record<"containerd" | "crane" | "docker" | "umoci", string>>>;
}

/** Everything that layers can do to each other. */
export const TREES: readonly TreeCase[] = [
  { name: "files, owners, modes and times", layers: BASE },
  { name: "no layers at all", layers: [] },
  { name: "an empty layer", layers: [[file("a")], []] },
  {
    name: "replaced files and directories",
    layers: [
      [file("a", "old"), file("d/x"), file("f")],
      [file("a", "new"), file("d", "now a file"), directory("f"), file("f/x")],
    ],
  },
  {
    name: "whiteouts of files and directories",
    layers: [[file("a"), file("d/x"), file("d/e/y"), file("keep/z")], [
      whiteout("a"),
      whiteout("d"),
    ]],
  },
  {
    name: "a whiteout and its successor in one layer",
    layers: [[file("d/old"), file("f", "old")], [whiteout("d"), file("d/new"), directory("d")]],
    unlike: {
      crane: "applies a whiteout to its own layer",
      docker: "hides nothing below a directory that comes back: overlay2 has one entry for both",
    },
  },
  {
    name: "a whiteout of nothing",
    layers: [[file("a")], [whiteout("not/there")]],
    unlike: {
      containerd: "makes the directory in which nothing is removed",
      docker: "makes the directory in which nothing is removed",
    },
  },
  {
    name: "an opaque directory",
    layers: [[directory("d"), file("d/old"), file("d/e/old")], [
      directory("d"),
      opaque("d"),
      file("d/new"),
    ]],
  },
  {
    name: "a whiteout under a symbolic link to a directory",
    layers: [[file("real/x"), file("real/y"), symlink("alias", "real")], [whiteout("alias/x")]],
    unlike: { crane: "follows no link", docker: "makes a directory in place of the link" },
  },
  {
    name: "an opaque marker under a symbolic link to a directory",
    layers: [
      [file("real/x"), symlink("alias", "real")],
      [opaque("alias"), file("alias/new")],
    ],
    unlike: { crane: "follows no link", docker: "makes a directory in place of the link" },
  },
  {
    name: "a whiteout of a symbolic link to a directory",
    layers: [[file("real/x"), symlink("alias", "real")], [whiteout("alias")]],
  },
  {
    name: "an opaque directory in the place of a symbolic link",
    layers: [
      [file("real/x"), symlink("alias", "real")],
      [directory("alias"), opaque("alias"), file("alias/new")],
    ],
  },
  {
    name: "a whiteout under a symbolic link that climbs",
    layers: [[directory("srv"), file("srv/p"), symlink("up", "../../..")], [whiteout("up/srv/p")]],
    unlike: { crane: "follows no link", docker: "makes a directory in place of the link" },
  },
  {
    name: "hard links in one layer",
    layers: [[file("a"), link("b", "a"), link("c/d", "a")]],
  },
  {
    name: "a hard link whose target is in another layer",
    layers: [[file("a")], [link("b", "a")]],
    unlike: {
      crane: "writes the link before its target",
      docker: "refuses the layer: overlay2 unpacks each by itself",
    },
  },
  {
    name: "a hard link whose target is replaced above",
    layers: [[file("a", "old"), link("b", "a")], [file("a", "new")]],
    unlike: { crane: "links to the new file" },
  },
  {
    name: "a hard link whose target is removed above",
    layers: [[file("a"), link("b", "a")], [whiteout("a")]],
    unlike: { crane: "links to nothing" },
  },
  {
    name: "long names, other scripts, large numbers",
    layers: [[
      file(`${"long/".repeat(40)}name-of-a-file-that-fits-into-no-header-of-1988-by-itself`),
      file("größe/Дом/家"),
      { ...file("owned"), uid: 3_000_000, gid: 4_000_000 },
    ]],
  },
  {
    name: "a fifo and directories of all modes",
    layers: [[
      { path: "pipe", type: "fifo", mode: 0o640, mtime: 1_400_000_001 },
      directory("tmp", 0o1777),
      directory("root", 0o700),
      directory("gid", 0o2775),
    ]],
  },
];

/** The forms of one image, for edits that do not look into layers. */
export function imagesByForm(): Readonly<Record<string, View>> {
  const foreign = build([BASE[0] ?? []], { family: "docker" });
  return {
    "OCI, gzip": build(BASE),
    "OCI, zstd": build(BASE, { compression: "zstd" }),
    "OCI, not compressed": build(BASE, { compression: "none" }),
    "Docker, gzip": build(BASE, { family: "docker" }),
    "Docker, zstd": build(BASE, { family: "docker", compression: "zstd" }),
    "Docker, not compressed": build(BASE, { family: "docker", compression: "none" }),
    "no layers": build([]),
    "an empty layer": build([...BASE, []]),
    "another platform": build(BASE, { platform: "linux/arm/v7" }),
    "a foreign layer": foreign.mapLayers((layer) =>
      new RetypedLayer(layer, MEDIA_TYPE.dockerForeignLayerGzip)
    ),
  };
}

/** An index for five platforms, one of them with a variant. */
export function fivePlatforms(): View {
  const platforms = ["amd64", "arm64", "arm/v7", "s390x", "ppc64le"];
  return createIndex(platforms.map((name) => (
    { image: build([...BASE, [file(`arch-${name}`)]], { platform: `linux/${name}` }) }
  )));
}

/** An artifact: an image manifest with a config of another type. */
export function artifact(): Image {
  return editImage(build([[file("data")]]), {
    configType: "application/vnd.example.config.v1+json",
  });
}
