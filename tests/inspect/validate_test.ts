import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { appendLayers } from "../../lib/image/append.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { validateView } from "../../lib/inspect/validate.ts";
import { StreamLayer } from "../../lib/layer/stream_layer.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { encodeHeader, END_OF_ARCHIVE } from "../../lib/tar/writer.ts";
import { twoPlatforms } from "../cli/world.ts";
import { makeImage } from "../support/images.ts";
import { putImage, putIndex, putLayer, putTar, RawPlace } from "./raw_place.ts";

const FILES = [{ path: "etc/motd", content: "ahoy" }];
const OTHER = [{ path: "etc/issue", content: "sail" }];

/** A tar of empty files with these names. */
function tarOf(...names: readonly string[]): Uint8Array<ArrayBuffer> {
  const owned = { mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0 };
  const blocks = names.map((name) => encodeHeader({ ...owned, type: "file", name }));
  return new Uint8Array([...blocks.flatMap((block) => [...block]), ...END_OF_ARCHIVE]);
}

/** Makes an image, says what is wrong with it: `check severity where`. */
async function faultsOf(
  make: (place: RawPlace) => Promise<Descriptor>,
  options: Parameters<typeof validateView>[1] = {},
): Promise<readonly string[]> {
  const place = new RawPlace();
  const root = await make(place);
  const { problems } = await validateView(place.view(root), options);
  return problems.map(({ check, severity, where }) =>
    `${check}${severity === "warning" ? " (warning)" : ""} at ${where || "root"}`
  );
}

Deno.test("validateView() finds nothing wrong with what davit makes", async () => {
  for (const family of ["oci", "docker"] as const) {
    const { isValid, problems, layers } = await validateView(makeImage([FILES, OTHER], { family }));
    assertEquals([isValid, problems, layers], [true, [], 2]);
  }
  const { problems, images } = await validateView(twoPlatforms());
  assertEquals([problems, images], [[], 2]);
});

for (const compression of ["gzip", "zstd", "none"] as const) {
  Deno.test(`validateView() reads a layer compressed with ${compression} once`, async () => {
    const place = new RawPlace();
    const layer = await putLayer(place, FILES, compression);
    const image = await putImage(place, [layer]);
    const index = await putIndex(place, [
      { ...image, platform: { os: "linux", architecture: "amd64" } },
      await putImage(place, [layer], { config: { x: 1 } }),
    ]);
    const { isValid, images, layers, bytes } = await validateView(place.view(index));
    assertEquals([isValid, images, layers, bytes], [true, 2, 1, layer.descriptor.size]);
    assertEquals(place.reads.get(layer.descriptor.digest), 1);
  });
}

const CASES: readonly {
  readonly what: string;
  readonly make: (place: RawPlace) => Promise<Descriptor>;
  readonly expected: readonly string[];
}[] = [
  {
    what: "a layer that is not there",
    async make(place) {
      const layer = await putLayer(place, FILES);
      place.replace(layer.descriptor);
      return await putImage(place, [layer]);
    },
    expected: ["missing at layer 1 of 1"],
  },
  {
    what: "a layer with a flipped bit",
    async make(place) {
      const layer = await putLayer(place, FILES, "none");
      const bytes = await new Response(await place.fetch(layer.descriptor)).bytes();
      place.replace(layer.descriptor, bytes.with(600, 1));
      return await putImage(place, [await putLayer(place, OTHER), layer]);
    },
    expected: ["digest at layer 2 of 2"],
  },
  {
    what: "a compressed layer with a flipped bit",
    async make(place) {
      const layer = await putLayer(place, FILES);
      const bytes = await new Response(await place.fetch(layer.descriptor)).bytes();
      place.replace(layer.descriptor, bytes.with(30, 255 - (bytes[30] ?? 0)));
      return await putImage(place, [layer]);
    },
    expected: ["digest at layer 1 of 1"],
  },
  {
    what: "a layer that is cut off",
    async make(place) {
      const layer = await putLayer(place, FILES);
      const bytes = await new Response(await place.fetch(layer.descriptor)).bytes();
      place.replace(layer.descriptor, bytes.slice(0, 50));
      return await putImage(place, [layer]);
    },
    expected: ["size at layer 1 of 1"],
  },
  {
    what: "gzip that breaks off, under its own digest",
    async make(place) {
      const { descriptor, diffId } = await putLayer(place, FILES);
      const bytes = await new Response(await place.fetch(descriptor)).bytes();
      const cut = await place.put(bytes.slice(0, 50), descriptor.mediaType);
      return await putImage(place, [{ descriptor: cut, diffId }]);
    },
    expected: ["compression at layer 1 of 1"],
  },
  {
    what: "a plain tar that is said to be gzip",
    async make(place) {
      const layer = await putTar(place, tarOf("a"), MEDIA_TYPE.ociLayerGzip);
      return await putImage(place, [layer]);
    },
    expected: ["compression at layer 1 of 1"],
  },
  {
    what: "a layer that is no tar",
    async make(place) {
      return await putImage(place, [await putTar(place, new Uint8Array(2000).fill(65))]);
    },
    expected: ["tar at layer 1 of 1"],
  },
  {
    what: "a tar that breaks off",
    async make(place) {
      return await putImage(place, [await putTar(place, tarOf("a").subarray(0, 300))]);
    },
    expected: ["tar at layer 1 of 1"],
  },
  {
    what: "a path that comes twice, however it is written",
    async make(place) {
      return await putImage(place, [await putTar(place, tarOf("etc/a", "./etc//a"))]);
    },
    expected: ["duplicate-path at layer 1 of 1"],
  },
  {
    what: "a path that leads out",
    async make(place) {
      return await putImage(place, [await putTar(place, tarOf("etc/../../a"))]);
    },
    expected: ["tar at layer 1 of 1"],
  },
  {
    what: "another diff ID",
    async make(place) {
      const { descriptor } = await putLayer(place, FILES);
      const { diffId } = await putLayer(place, OTHER);
      return await putImage(place, [{ descriptor, diffId }]);
    },
    expected: ["diff-id at layer 1 of 1"],
  },
  {
    what: "too few diff IDs",
    async make(place) {
      return await putImage(place, [await putLayer(place, FILES)], {
        config: { rootfs: { type: "layers", diff_ids: [] } },
      });
    },
    expected: ["layer-count at config"],
  },
  {
    what: "history of more layers than there are",
    async make(place) {
      return await putImage(place, [await putLayer(place, FILES)], {
        config: { history: [{}, { empty_layer: true }, {}] },
      });
    },
    expected: ["layer-count (warning) at config"],
  },
  {
    what: "a config that is no JSON",
    async make(place) {
      const config = await place.put("{", MEDIA_TYPE.ociConfig);
      return await putImage(place, [await putLayer(place, FILES)], { manifest: { config } });
    },
    expected: ["document at config"],
  },
  {
    what: "a config that is not there",
    async make(place) {
      const config = await place.put("{}", MEDIA_TYPE.ociConfig);
      place.replace(config);
      return await putImage(place, [await putLayer(place, FILES)], { manifest: { config } });
    },
    expected: ["missing at config"],
  },
  {
    what: "a Docker config in an OCI manifest",
    async make(place) {
      const layer = await putLayer(place, FILES);
      const rootfs = { type: "layers", "diff_ids": [layer.diffId] };
      const config = await place.put(
        { os: "linux", architecture: "amd64", rootfs },
        MEDIA_TYPE.dockerConfig,
      );
      return await putImage(place, [layer], { manifest: { config } });
    },
    expected: ["media-type (warning) at config"],
  },
  {
    what: "a layer of a type that nobody knows",
    async make(place) {
      return await putImage(place, [await putTar(place, tarOf("a"), "text/plain")]);
    },
    expected: ["media-type (warning) at config"],
  },
  {
    what: "a manifest that is no manifest",
    make: (place) => place.put("[]", MEDIA_TYPE.ociManifest),
    expected: ["document at root"],
  },
  {
    what: "a manifest under another digest",
    async make(place) {
      const image = await putImage(place, []);
      place.replace(image, new Uint8Array(image.size));
      return image;
    },
    expected: ["digest at root"],
  },
  {
    what: "an index that names other platforms than the configs",
    async make(place) {
      const image = await putImage(place, []);
      return await putIndex(place, [
        { ...image, platform: { os: "linux", architecture: "arm64" } },
        { ...image, platform: { os: "linux", architecture: "x86_64", variant: "v1" } },
        { ...image, platform: { os: "linux", architecture: "amd64", variant: "v3" } },
      ]);
    },
    expected: ["platform at linux/arm64, config", "platform at linux/amd64/v3, config"],
  },
  {
    what: "an index that lists what is not there",
    async make(place) {
      const image = await putImage(place, []);
      place.replace(image);
      return await putIndex(place, [await putImage(place, [], { config: { x: 1 } }), image]);
    },
    expected: ["missing at entry 2 of 2"],
  },
  {
    what: "an attestation of nothing, in an index in an index",
    async make(place) {
      const image = await putImage(place, [], {
        config: { os: "unknown", architecture: "unknown" },
      });
      const inner = await putIndex(place, [{
        ...image,
        platform: { os: "unknown", architecture: "unknown" },
        annotations: { "vnd.docker.reference.digest": `sha256:${"0".repeat(64)}` },
      }]);
      return await putIndex(place, [inner]);
    },
    expected: ["attestation (warning) at entry 1 of 1, unknown/unknown"],
  },
  {
    what: "a foreign layer that is left elsewhere",
    async make(place) {
      const { descriptor, diffId } = await putLayer(place, FILES);
      place.replace(descriptor);
      const foreign = {
        ...descriptor,
        mediaType: MEDIA_TYPE.ociNondistributableLayerGzip,
        urls: ["https://elsewhere.example/layer"],
      };
      return await putImage(place, [{ descriptor: foreign, diffId }]);
    },
    expected: ["elsewhere (warning) at layer 1 of 1"],
  },
];

for (const { what, make, expected } of CASES) {
  Deno.test(`validateView() finds ${what}`, async () => {
    assertEquals(await faultsOf(make), expected);
  });
}

Deno.test("validateView() with fast reads no layer, but sees that one is missing", async () => {
  const place = new RawPlace();
  const [there, gone] = [await putLayer(place, FILES), await putLayer(place, OTHER)];
  place.replace(there.descriptor, new Uint8Array(there.descriptor.size));
  place.replace(gone.descriptor);
  const root = await putImage(place, [there, gone]);
  const { problems } = await validateView(place.view(root), { fast: true });
  assertEquals(problems.map(({ check, where }) => [check, where]), [["missing", "layer 2 of 2"]]);
  assertEquals(place.reads.get(there.descriptor.digest), undefined);
});

Deno.test("validateView() takes an artifact, whose config and layers are anything", async () => {
  const place = new RawPlace();
  const config = await place.put("{}", "application/vnd.oci.empty.v1+json");
  const layer = { descriptor: await place.put("hello", "text/plain"), diffId: config.digest };
  const artifact = await putImage(place, [layer], { manifest: { config } });
  assertEquals((await validateView(place.view(artifact))).problems, []);
  place.replace(layer.descriptor, new Uint8Array(5));
  const { isValid, problems } = await validateView(place.view(artifact));
  assertEquals([isValid, problems[0]?.check], [false, "digest"]);
});

Deno.test("validateView() says where and what it expected", async () => {
  const place = new RawPlace();
  const { descriptor } = await putLayer(place, FILES);
  const { diffId } = await putLayer(place, OTHER);
  const image = await putImage(place, [{ descriptor, diffId }]);
  const platform = { os: "linux", architecture: "amd64" };
  const index = await putIndex(place, [{ ...image, platform }]);
  const { problems: [problem] } = await validateView(place.view(index));
  assert(problem !== undefined);
  assertEquals([problem.where, problem.digest], ["linux/amd64, layer 1 of 1", descriptor.digest]);
  assertStringIncludes(problem.message, diffId);
});

Deno.test("validateView() refuses an image whose digest is not known yet", async () => {
  const layer = new StreamLayer(ReadableStream.from([tarOf("a", "a")]));
  await assertRejects(() => validateView(appendLayers(emptyImage(), [layer])));
});

Deno.test("validateView() ends with its signal", async () => {
  const place = new RawPlace();
  const image = await putImage(place, [await putLayer(place, FILES)]);
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => validateView(place.view(image), { signal }), Error, "enough");
});
