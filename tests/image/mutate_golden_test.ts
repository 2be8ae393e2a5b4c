/**
 * Holds edits to what go-containerregistry makes of the same images. It writes documents anew, davit
 * edits their text: bytes are compared where the two come to the same, else meaning, and each
 * difference that is meant stands here with its reason.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { appendLayers } from "../../lib/image/append.ts";
import { annotateImage, configureImage } from "../../lib/image/configure.ts";
import { convertImages } from "../../lib/image/convert.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import type { Image } from "../../lib/image/image.ts";
import { rebaseImage } from "../../lib/image/rebase.ts";
import { DocumentError } from "../../lib/errors.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { jsonOf, textOf } from "../support/images.ts";
import { type GoldenImage, type GoldenMutation, openGolden, topLayer } from "./golden_images.ts";

const PATH = new URL("../fixtures/mutate-golden.json", import.meta.url);
const { cases }: { cases: readonly GoldenMutation[] } = JSON.parse(await Deno.readTextFile(PATH));

/** Go writes the time that nobody said as that of the year 1. */
const ZERO_TIME = "0001-01-01T00:00:00Z";

// deno-lint-ignore no-explicit-any
type Document = any;

interface Edit {
  /** Makes of the opened inputs what go-containerregistry was asked for. */
  readonly make: (image: Image, given: Given) => Image | Promise<Image>;
  /** Whether config and manifest are the same to the byte. */
  readonly isExact: boolean;
  /** What davit means to do otherwise, and why: changes what is expected. */
  readonly differences?: readonly Difference[];
}

interface Given {
  readonly open: (name: string) => Promise<Image>;
  readonly output: GoldenImage;
}

interface Difference {
  readonly reason: string;
  readonly config?: (config: Document) => Document;
  readonly manifest?: (manifest: Document) => Document;
}

const EDITS: Readonly<Record<string, Edit>> = {
  "append one layer without history (crane append)": {
    make: async (image, { output }) =>
      appendLayers(image, [{ layer: await topLayer(output), history: { created: ZERO_TIME } }]),
    isExact: true,
  },
  "append with history, annotations and urls": {
    make: async (image, { output }) =>
      appendLayers(image, [{
        layer: await topLayer(output),
        history: { created: ZERO_TIME, created_by: "me", comment: "c" },
        urls: ["https://e.example/x"],
        annotations: { k: "v" },
      }]),
    isExact: true,
  },
  "set the entrypoint, clear cmd": {
    make: (image) => configureImage(image, { entrypoint: ["/init"] }),
    isExact: false, // Go sorts a struct's fields: Entrypoint comes to where Cmd was
  },
  "created": {
    make: (image) => configureImage(image, { created: "2022-02-02T02:02:02Z" }),
    isExact: true,
  },
  "annotations": {
    make: (image) => annotateImage(image, { a: "<1>", b: "2" }),
    isExact: false, // Go writes "<" as "\u003c"
  },
  "to docker media types": {
    make: async (image) => {
      const view = await convertImages(image, "docker");
      if (view.kind !== "image") throw new TypeError("the image became something else");
      return view;
    },
    isExact: false,
    differences: [{
      reason: "layers are converted too: Docker refuses a manifest of its own type with OCI layers",
      manifest: (manifest) => ({
        ...manifest,
        layers: manifest.layers.map((layer: Document) => ({
          ...layer,
          mediaType: "application/vnd.docker.image.rootfs.diff.tar",
        })),
      }),
    }],
  },
  "rebase from oldBase to newBase": {
    make: async (image, { open }) =>
      rebaseImage(image, { oldBase: await open("oldBase"), newBase: await open("newBase") }),
    isExact: false,
    differences: [{
      reason: "the image keeps its time: the zero time sorts it before every other",
      config: (config) => ({ ...config, created: "2020-01-01T00:00:00Z" }),
    }, {
      reason: "the base's CPU variant counts as its architecture does",
      config: (config) => ({ ...config, variant: "v2" }),
    }, {
      reason: "an OCI image stays one",
      manifest: (manifest) => ({
        ...manifest,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config: { ...manifest.config, mediaType: "application/vnd.oci.image.config.v1+json" },
      }),
    }],
  },
};

for (const { name, inputs, output } of cases) {
  if (output === undefined) continue;
  Deno.test(`the golden vector "${name}" holds`, async () => {
    const edit = EDITS[name];
    assert(edit !== undefined && inputs["image"] !== undefined);
    const open = async (input: string): Promise<Image> => {
      const golden = inputs[input];
      assert(golden !== undefined, input);
      return await openGolden(golden);
    };
    const edited = await edit.make(await open("image"), { open, output });
    const [config, manifest] = [textOf(await edited.config()), textOf(await edited.manifest())];
    if (edit.isExact) {
      assertEquals([config, manifest], [output.config, output.manifest]);
    } else {
      const { differences = [] } = edit;
      assertEquals(
        JSON.parse(config),
        differences.reduce(
          (document, { config }) => config?.(document) ?? document,
          JSON.parse(
            output.config,
          ),
        ),
      );
      const expected = differences.reduce(
        (document, { manifest }) => manifest?.(document) ?? document,
        JSON.parse(output.manifest),
      );
      const bytes = new TextEncoder().encode(config);
      const content = { size: bytes.length, digest: await digestBytes(bytes) };
      assertEquals(JSON.parse(manifest), {
        ...expected,
        config: { ...expected.config, ...content },
      });
    }
  });
}

Deno.test("the golden vector of a rebase from another base is refused, with the layer", async () => {
  const golden = cases.find(({ error }) => error !== undefined);
  const { image, oldBase, newBase } = golden?.inputs ?? {};
  assert(image !== undefined && oldBase !== undefined && newBase !== undefined);
  const rebased = rebaseImage(await openGolden(image), {
    oldBase: await openGolden(oldBase),
    newBase: await openGolden(newBase),
  });
  const { message } = await assertRejects(() => rebased.layers(), DocumentError);
  assert(message.includes("is not based on the old base") && message.includes("layer 2"), message);
});

Deno.test("the golden vector of an index of two images holds", async () => {
  const golden = cases.find(({ outputIndex }) => outputIndex !== undefined);
  const { amd64, arm64 } = golden?.inputs ?? {};
  assert(amd64 !== undefined && arm64 !== undefined);
  const index = createIndex([
    { image: await openGolden(amd64) },
    { image: await openGolden(arm64) },
  ]);
  assertEquals(jsonOf(await index.manifest()), JSON.parse(golden?.outputIndex ?? ""));
});

Deno.test("every golden vector is held to", () => {
  const others = cases.filter(({ output }) => output === undefined).length;
  assertEquals([Object.keys(EDITS).length, others], [cases.length - others, 2]);
});
