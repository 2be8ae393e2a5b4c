import { assertEquals } from "@std/assert";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import type { Platform } from "../../lib/oci/platform.ts";
import { copy } from "../../lib/store/copy.ts";
import { concat } from "../../lib/stream/concat.ts";
import { encodeHeader, END_OF_ARCHIVE } from "../../lib/tar/writer.ts";
import { openWorld, type World } from "../cli/world.ts";
import { putImage, putIndex, putLayer, putTar, RawPlace } from "../inspect/raw_place.ts";
import { runDavit } from "../support/cli.ts";
import { run } from "../support/command.ts";
import { peerTest } from "../support/peers.ts";
import { imageMatrix } from "./image_matrix.ts";

const FILES = [{ path: "etc/motd", content: "ahoy" }];

/** A tar of empty files with these names. */
function tarOf(...names: readonly string[]): Uint8Array {
  const owned = { mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0 };
  const headers = names.map((name) => encodeHeader({ ...owned, type: "file", name }));
  return concat([...headers, END_OF_ARCHIVE]);
}

async function gzip(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const stream = ReadableStream.from([bytes as Uint8Array<ArrayBuffer>])
    .pipeThrough(new CompressionStream("gzip"));
  return await new Response(stream).bytes();
}

/** Puts a gzip layer of these bytes, which are promised to hash to `diffId`'s. */
async function putGzip(place: RawPlace, tar: Uint8Array, bytes?: Uint8Array) {
  const { diffId } = await putTar(place, tar);
  const descriptor = await place.put(bytes ?? await gzip(tar), MEDIA_TYPE.ociLayerGzip);
  return { descriptor, diffId };
}

/** What `validate` says of an image, of crane and of davit. */
async function verdictsOn(world: World, name: string, ...flags: readonly string[]) {
  const words = ["validate", ...flags, "--remote", `${world.registry}/${name}`];
  const { code } = await run("crane", words);
  const own = await runDavit(words);
  const verdict = (exit: number) => exit === 0 ? "PASS" : "FAIL";
  return { crane: verdict(code), davit: verdict(own.code) };
}

/** Where davit says something else than crane, with the reason. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  zstd: "crane takes every layer for gzip",
  none: "crane takes every layer for gzip",
  "arm64/v8 is arm64": "crane compares the words, davit what they mean",
  "a foreign layer that is left elsewhere": "davit says that it was not read, which is no fault",
  "an attestation": "crane takes statements for gzip layers",
};

for (const { name, view } of imageMatrix()) {
  peerTest(`crane and davit validate ${name}`, { needs: ["crane"] }, async () => {
    await using world = await openWorld();
    await world.push(`${name}:v1`, view);
    const isDifferent = Object.keys(DIFFERENCES).some((key) => name.includes(`-${key}-`));
    const expected = { crane: isDifferent ? "FAIL" : "PASS", davit: "PASS" };
    assertEquals(await verdictsOn(world, `${name}:v1`), expected);
    assertEquals(await verdictsOn(world, `${name}:v1`, "--fast"), { crane: "PASS", davit: "PASS" });
  });
}

function arm(variant?: string): Platform {
  return { os: "linux", architecture: "arm64", ...(variant === undefined ? {} : { variant }) };
}

const MADE: readonly {
  readonly what: string;
  readonly verdict: "PASS" | "FAIL";
  readonly make: (place: RawPlace) => Promise<Descriptor>;
}[] = [
  {
    what: "a path twice in a layer",
    verdict: "FAIL",
    make: async (place) => putImage(place, [await putGzip(place, tarOf("a", "b", "a"))]),
  },
  {
    what: "another diff ID",
    verdict: "FAIL",
    async make(place) {
      const { diffId } = await putGzip(place, tarOf("a"));
      const { descriptor } = await putGzip(place, tarOf("b"));
      return await putImage(place, [{ descriptor, diffId }]);
    },
  },
  {
    what: "gzip of several members",
    verdict: "PASS",
    async make(place) {
      const tar = tarOf("a", "b");
      const halves = [await gzip(tar.subarray(0, 700)), await gzip(tar.subarray(700))];
      return await putImage(place, [await putGzip(place, tar, concat(halves))]);
    },
  },
  {
    what: "an image without its end-of-archive blocks",
    verdict: "PASS",
    make: async (place) => putImage(place, [await putGzip(place, tarOf("a").subarray(0, 512))]),
  },
  {
    what: "a tar that breaks off",
    verdict: "FAIL",
    make: async (place) => putImage(place, [await putGzip(place, tarOf("a").subarray(0, 300))]),
  },
  {
    what: "an index that names another architecture",
    verdict: "FAIL",
    async make(place) {
      const image = await putImage(place, [await putLayer(place, FILES)]);
      return await putIndex(place, [{ ...image, platform: arm() }]);
    },
  },
  {
    what: "arm64/v8 is arm64",
    verdict: "PASS",
    async make(place) {
      const image = await putImage(place, [await putLayer(place, FILES)], { config: { ...arm() } });
      return await putIndex(place, [{ ...image, platform: arm("v8") }]);
    },
  },
  {
    what: "too many diff IDs",
    verdict: "FAIL",
    async make(place) {
      const layer = await putLayer(place, FILES);
      const rootfs = { type: "layers", "diff_ids": [layer.diffId, layer.diffId] };
      return await putImage(place, [layer], { config: { rootfs } });
    },
  },
  {
    what: "a foreign layer that is there all the same",
    verdict: "PASS",
    async make(place) {
      const { descriptor, diffId } = await putLayer(place, FILES);
      const mediaType = MEDIA_TYPE.ociNondistributableLayerGzip;
      const urls = ["https://elsewhere.example/layer"];
      return await putImage(place, [{ descriptor: { ...descriptor, mediaType, urls }, diffId }]);
    },
  },
  {
    what: "a foreign layer that is left elsewhere",
    verdict: "PASS",
    async make(place) {
      const { descriptor, diffId } = await putLayer(place, FILES);
      const mediaType = MEDIA_TYPE.ociNondistributableLayerGzip;
      const urls = ["http://127.0.0.1:1/layer"];
      place.replace(descriptor);
      return await putImage(place, [{ descriptor: { ...descriptor, mediaType, urls }, diffId }]);
    },
  },
  {
    what: "an artifact",
    verdict: "PASS",
    async make(place) {
      const config = await place.put("{}", MEDIA_TYPE.ociEmpty);
      const layer = await putTar(place, new TextEncoder().encode("hello"), "text/plain");
      return await putImage(place, [layer], { manifest: { config } });
    },
  },
  {
    what: "an attestation",
    verdict: "PASS",
    async make(place) {
      const image = await putImage(place, [await putLayer(place, FILES)]);
      const unknown = { os: "unknown", architecture: "unknown" };
      const statement = new TextEncoder().encode('{"predicateType":"x"}');
      const about = await putImage(
        place,
        [await putTar(place, statement, "application/vnd.in-toto+json")],
        { config: unknown },
      );
      return await putIndex(place, [
        { ...image, platform: { os: "linux", architecture: "amd64" } },
        {
          ...about,
          platform: unknown,
          annotations: { "vnd.docker.reference.digest": image.digest },
        },
      ]);
    },
  },
];

for (const { what, verdict, make } of MADE) {
  peerTest(`crane and davit validate: ${what}`, { needs: ["crane"] }, async () => {
    await using world = await openWorld();
    const place = new RawPlace();
    const root = await make(place);
    using transport = new Transport();
    const name = { registry: world.registry, repository: "made" };
    await using store = new Repository(name, { transport });
    const nondistributable = what.endsWith("all the same");
    await copy(place.view(root), store, { names: ["v1"], nondistributable });
    const crane = what in DIFFERENCES ? "FAIL" : verdict;
    assertEquals(await verdictsOn(world, "made:v1"), { crane, davit: verdict });
  });
}
