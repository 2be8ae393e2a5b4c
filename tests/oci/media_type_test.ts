import { assertEquals } from "@std/assert";
import {
  compressionOf,
  familyOf,
  isImageConfigType,
  isIndexType,
  isManifestType,
  isNondistributable,
  isSchema1Type,
  isStoredAsManifest,
  layerMediaType,
  MEDIA_TYPE,
} from "../../lib/oci/media_type.ts";

const all = Object.entries(MEDIA_TYPE).map(([name, type]) => ({ name, type }));

Deno.test.each(all)("$name is of one kind at most", ({ type }) => {
  const isLayer = compressionOf(type) !== undefined;
  const kinds = [
    isIndexType(type),
    isManifestType(type),
    isSchema1Type(type),
    isImageConfigType(type),
    isLayer,
  ];
  const isEmpty = type === MEDIA_TYPE.ociEmpty;
  assertEquals(kinds.filter((kind) => kind).length, isEmpty ? 0 : 1);
  assertEquals(isStoredAsManifest(type), kinds.slice(0, 3).includes(true));
  assertEquals(isNondistributable(type), /nondistributable|foreign/.test(type));
});

Deno.test.each(all)("the family of $name is the one in its name", ({ name, type }) => {
  assertEquals(familyOf(type), name.startsWith("docker") ? "docker" : "oci");
});

Deno.test.each(
  [
    { family: "oci", compression: "none", type: "ociLayer" },
    { family: "oci", compression: "gzip", type: "ociLayerGzip" },
    { family: "oci", compression: "zstd", type: "ociLayerZstd" },
    { family: "docker", compression: "none", type: "dockerLayer" },
    { family: "docker", compression: "gzip", type: "dockerLayerGzip" },
    { family: "docker", compression: "zstd", type: "ociLayerZstd" },
  ] as const,
)("a $compression layer of $family is $type", ({ family, compression, type }) => {
  assertEquals<string>(layerMediaType(family, compression), MEDIA_TYPE[type]);
  assertEquals(compressionOf(MEDIA_TYPE[type]), compression);
});

Deno.test("what davit does not know is no layer and no manifest, of the OCI family", () => {
  const type = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
  assertEquals(compressionOf(type), undefined);
  assertEquals(isStoredAsManifest(type), false);
  assertEquals(familyOf(type), "oci");
});
