import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { tempDir } from "../support/temp_dir.ts";
import { listAll, refused, taken } from "./attack.ts";
import {
  chainOf,
  type Contents,
  diamondOf,
  imageContents,
  type ImageSpec,
  indexContents,
  selfReference,
} from "./contents.ts";
import { layOut, type Place, PLACES } from "./places.ts";

const ZEROS = `sha256:${"0".repeat(64)}` as const;
const LIES = "expected digest";

interface Hostile {
  /** The number in the list of bad inputs. */
  readonly item: number;
  readonly why: string;
  readonly make: () => Promise<Contents>;
  readonly says: string;
  readonly places?: readonly Place[];
  readonly code?: number;
}

/** An image whose manifest's text was changed. */
async function rewritten(change: (text: string) => string | Uint8Array): Promise<Contents> {
  const { root, blobs } = await imageContents();
  const text = new TextDecoder().decode(blobs.get(root.digest));
  const { root: changed, blobs: more } = await imageContents({ manifest: change(text) });
  return { root: changed, blobs: new Map([...blobs, ...more]) };
}

function image(spec: ImageSpec): () => Promise<Contents> {
  return () => imageContents(spec);
}

function manifest(fields: NonNullable<ImageSpec["manifest"]>): () => Promise<Contents> {
  return image({ manifest: fields });
}

function layer(fields: NonNullable<ImageSpec["layer"]>): () => Promise<Contents> {
  return image({ layer: fields });
}

/** Contents with other bytes behind the digest of a blob. */
async function tampered(kind: "layer" | "config" | "manifest"): Promise<Contents> {
  const { root, blobs } = await imageContents();
  const [layer = "", config = "", document = ""] = blobs.keys();
  const digest = { layer, config, manifest: document }[kind];
  const bytes = blobs.get(digest) ?? new Uint8Array();
  return { root, blobs: new Map(blobs).set(digest, bytes.map((byte) => byte ^ 1)) };
}

function utf16(text: string): Uint8Array {
  return Uint8Array.from([...text].flatMap((character) => [character.charCodeAt(0), 0]));
}

const FILES = ["layout", "oci-archive"] as const;

const REFUSED: readonly Hostile[] = [
  { item: 43, why: "layers and manifests", make: manifest({ manifests: [] }), says: "$.manifests" },
  {
    item: 44,
    why: "a type inside that is not the one outside",
    make: manifest({ mediaType: MEDIA_TYPE.dockerManifest }),
    says: "as the document was announced",
  },
  {
    item: 44,
    why: "an index that calls itself so and is announced as a manifest",
    make: manifest({ mediaType: MEDIA_TYPE.ociIndex }),
    says: "$.mediaType",
  },
  {
    item: 45,
    why: "a member twice",
    make: () => rewritten((text) => text.replace('"layers":', '"layers":[],"layers":')),
    says: '"layers" again',
  },
  {
    item: 45,
    why: "a member twice but for its case",
    make: manifest({ Layers: [] }),
    says: 'the name "layers"',
  },
  { item: 45, why: "a BOM", make: () => rewritten((text) => `\ufeff${text}`), says: "byte order" },
  { item: 45, why: "UTF-16", make: () => rewritten(utf16), says: "line 1" },
  {
    item: 45,
    why: "ten thousand levels",
    make: manifest(`{"x":${"[".repeat(10_000)}${"]".repeat(10_000)}}`),
    says: "at most 100 levels",
  },
  { item: 45, why: "1e400", make: manifest('{"schemaVersion":1e400}'), says: "$.schemaVersion" },
  { item: 45, why: "a tail", make: () => rewritten((text) => `${text}x`), says: "nothing after" },
  { item: 45, why: "null", make: manifest("null"), says: "an object at $" },
  { item: 45, why: "no bytes", make: manifest(""), says: "no bytes", places: ["registry"] },
  { item: 45, why: "no bytes", make: manifest(""), says: "the end", places: FILES },
  { item: 46, why: "a size of -1", make: layer({ size: -1 }), says: "$.layers[0].size" },
  { item: 46, why: "a size of 2^63", make: layer({ size: 2 ** 63 }), says: "$.layers[0].size" },
  { item: 46, why: "a byte too few", make: layer({ size: 1025 }), says: "expected 1025 bytes" },
  { item: 46, why: "a byte too many", make: layer({ size: 1023 }), says: "expected 1023 bytes" },
  { item: 46, why: "a layer of 1 TiB", make: layer({ size: 2 ** 40 }), says: "1099511627776" },
  {
    item: 46,
    why: "a layer of 2^53 - 1 bytes",
    make: layer({ size: Number.MAX_SAFE_INTEGER }),
    says: "9007199254740991",
  },
  {
    item: 46,
    why: "a config of another size",
    make: image({ configDescriptor: { size: 1 } }),
    says: "expected 1 bytes",
  },
  ...[
    "sha256:../../../../etc/passwd",
    `sha256:${"A".repeat(64)}`,
    `sha256:${"0".repeat(63)}`,
    `sha256:${"0".repeat(65)}`,
    "sha256:",
    "",
    `md5:${"0".repeat(32)}`,
    `sha256/../../x:${"0".repeat(64)}`,
    `${ZEROS}?x=y`,
  ].map((digest) => ({
    item: 47,
    why: `the digest "${digest.slice(0, 40)}"`,
    make: layer({ digest }),
    says: "$.layers[0].digest",
  })),
  {
    item: 47,
    why: "a root's digest that leads out",
    make: image({ root: { digest: "sha256:../../../etc/passwd" } }),
    says: "$.manifests[0].digest",
    places: FILES,
  },
  { item: 48, why: "an index that lists itself", make: selfReference, says: LIES },
  {
    item: 49,
    why: "4 MiB and more",
    make: manifest({ annotations: { a: "x".repeat(2 ** 22) } }),
    says: "at most 4194304",
  },
  {
    item: 49,
    why: "20,000 layers",
    make: manifest({ layers: Array(20_000).fill({ mediaType: "a", digest: ZEROS, size: 1 }) }),
    says: "at most 10000",
  },
  {
    item: 50,
    why: "embedded data that is no base64",
    make: image({ configDescriptor: { data: "%%%" } }),
    says: "expected base64 at $.config.data",
  },
  {
    item: 50,
    why: "embedded data of another size",
    make: image({ configDescriptor: { data: btoa("x") } }),
    says: "$.config.data",
  },
  {
    item: 52,
    why: "fewer diff IDs than layers",
    make: image({ diffIds: [] }),
    says: "as many diff_ids",
  },
  {
    item: 52,
    why: "a rootfs of another type",
    make: image({ config: { rootfs: { type: "zip", diff_ids: [] } } }),
    says: '"layers" at $.rootfs.type, got "zip"',
  },
  { item: 52, why: "a config that is a list", make: image({ config: "[]" }), says: "an array" },
  {
    item: 52,
    why: "a label that is a number",
    make: image({ config: { config: { Labels: { a: 1 } } } }),
    says: "$.config.Labels.a",
  },
  {
    item: 54,
    why: "schema 1",
    make: manifest('{"schemaVersion":1,"fsLayers":[]}'),
    says: "a Docker schema 1 manifest",
  },
  { item: 57, why: "a layer with other bytes", make: () => tampered("layer"), says: LIES },
  { item: 57, why: "a config with other bytes", make: () => tampered("config"), says: LIES },
  {
    item: 57,
    why: "a manifest with other bytes",
    make: () => tampered("manifest"),
    says: LIES,
    places: FILES,
  },
];

for (const { item, why, make, says, places = PLACES, code = 1 } of REFUSED) {
  for (const place of places) {
    Deno.test(`${item}: copy from ${place} refuses ${why}, and leaves nothing`, async () => {
      await using dir = await tempDir();
      await using laid = await layOut(await make(), place, dir.path);
      await Deno.mkdir(dir.join("out"));
      const archive = `docker-archive:${dir.join("out", "image.tar")}`;
      const refusal = await refused(["copy", laid.location, archive]);
      assertStringIncludes(refusal.message, says);
      assertEquals(refusal.code, code);
      assertEquals(await listAll(dir.join("out")), []);
    });
  }
}

const TAKEN: readonly (Pick<Hostile, "item" | "why" | "make"> & { readonly to?: string })[] = [
  { item: 48, why: "a diamond of twenty levels", make: () => diamondOf(20) },
  { item: 48, why: "a chain of two hundred indexes", make: () => chainOf(200) },
  { item: 52, why: "history null", make: image({ config: { history: null } }) },
  {
    item: 52,
    why: "null, and what only a runtime may judge: volumes, users",
    make: image({
      config: {
        config: { Labels: null, Env: null, Cmd: null, Volumes: { "../x": {} }, User: "-1" },
      },
    }),
  },
];

for (const { item, why, make } of TAKEN) {
  for (const place of PLACES) {
    Deno.test(`${item}: copy from ${place} takes ${why}`, async () => {
      await using dir = await tempDir();
      const contents = await make();
      await using laid = await layOut(contents, place, dir.path);
      for (const form of ["oci", "oci-archive"]) {
        const printed = await taken(["copy", laid.location, `${form}:${dir.join(form)}2:v1`]);
        assertEquals(printed.trim(), contents.root.digest);
      }
      await taken(["copy", laid.location, `docker-archive:${dir.join("docker.tar")}`]);
      await taken(["export", laid.location, dir.join("rootfs.tar")]);
    });
  }
}

Deno.test("48: append to a diamond of twenty levels edits each index once", async () => {
  await using dir = await tempDir();
  await using laid = await layOut(await diamondOf(20), "layout", dir.path);
  await Deno.mkdir(dir.join("tree"));
  const added = ["--directory", dir.join("tree"), "-t", "app:v1"];
  await taken(["append", "-b", laid.location, ...added, "-o", dir.join("out.tar")]);
});

Deno.test("51: platforms that are missing, unknown or twice", async () => {
  await using dir = await tempDir();
  const amd64 = { os: "linux", architecture: "amd64" };
  const children = await Promise.all([
    imageContents({ root: { platform: { os: "unknown", architecture: "unknown" } } }),
    imageContents({ config: { os: "plan9" } }),
    imageContents({ config: { author: "first" }, root: { platform: amd64 } }),
    imageContents({ config: { author: "second" }, root: { platform: amd64 } }),
  ]);
  await using laid = await layOut(await indexContents(children), "layout", dir.path);
  const first = await taken(["config", "--platform", "linux/amd64", laid.location]);
  assertEquals(JSON.parse(first).author, "first");
  await taken(["config", "--platform", "plan9/amd64", laid.location]);
  const { message } = await refused(["config", "--platform", "linux/arm64", laid.location]);
  assertStringIncludes(message, "available: plan9/amd64, linux/amd64");
});

Deno.test("46: a failed copy into a layout leaves whole blobs at most, and no image", async () => {
  await using dir = await tempDir();
  const contents = await imageContents({ layer: { size: 1025 } });
  for (const place of PLACES) {
    const layout = dir.join(`${place}-copy`);
    await using laid = await layOut(contents, place, dir.path);
    await refused(["copy", laid.location, `oci:${layout}:v1`]);
    const index = JSON.parse(await Deno.readTextFile(`${layout}/index.json`));
    assertEquals(index.manifests, []);
    for (const path of await listAll(layout)) {
      assert(/^(?:blobs(?:\/sha256(?:\/[0-9a-f]{64})?)?|index\.json|oci-layout)$/.test(path), path);
      const hex = /[0-9a-f]{64}$/.exec(path)?.[0];
      if (hex === undefined) continue;
      assertEquals(await digestBytes(await Deno.readFile(`${layout}/${path}`)), `sha256:${hex}`);
    }
  }
});

Deno.test("45: what others put into a message does not steer the terminal", async () => {
  await using dir = await tempDir();
  const evil = "\u001b]0;pwned\u0007\u009b31m\u202e";
  await using laid = await layOut(
    await imageContents({ layer: { digest: evil } }),
    "layout",
    dir.path,
  );
  const { message } = await refused(["copy", laid.location, `oci:${dir.join("out")}:v1`]);
  assertStringIncludes(message, "\\u001b]0;pwned\\u0007\\u009b31m\\u202e");
});

Deno.test("53: a foreign layer is fetched from no file, no cloud and nobody by a secret", async () => {
  await using dir = await tempDir();
  const urls = ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd"];
  const contents = await imageContents({
    layerType: MEDIA_TYPE.dockerForeignLayerGzip,
    layer: { urls, digest: ZEROS },
  });
  await using laid = await layOut(contents, "registry", dir.path);
  await Deno.mkdir(dir.join("out"));
  const archive = `docker-archive:${dir.join("out", "image.tar")}`;
  const { message } = await refused(["copy", laid.location, archive]);
  assertStringIncludes(message, "Cannot follow the address");
  assertEquals(await listAll(dir.join("out")), []);
  await taken(["copy", laid.location, `oci:${dir.join("layout")}:v1`]);
});
