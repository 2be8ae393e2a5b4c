import type { JsonPath } from "../../lib/oci/json.ts";
import { removeJson, setJson } from "../../lib/oci/json.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";

/** A digest of the right form, made of one repeated digit. */
export function digestOf(digit: string): `sha256:${string}` {
  return `sha256:${digit.repeat(64)}`;
}

/** The text of an OCI manifest with one layer. */
export const MANIFEST_TEXT: string = JSON.stringify({
  schemaVersion: 2,
  mediaType: MEDIA_TYPE.ociManifest,
  config: { mediaType: MEDIA_TYPE.ociConfig, digest: digestOf("a"), size: 7 },
  layers: [{ mediaType: MEDIA_TYPE.ociLayerGzip, digest: digestOf("b"), size: 8 }],
});

/** The text of an OCI index with one manifest. */
export const INDEX_TEXT: string = JSON.stringify({
  schemaVersion: 2,
  mediaType: MEDIA_TYPE.ociIndex,
  manifests: [{
    mediaType: MEDIA_TYPE.ociManifest,
    digest: digestOf("c"),
    size: 9,
    platform: { os: "linux", architecture: "arm", variant: "v7" },
  }],
});

/** The text of an image config with one layer. */
export const CONFIG_TEXT: string = JSON.stringify({
  architecture: "amd64",
  os: "linux",
  config: { Env: ["PATH=/bin"], Cmd: ["sh"] },
  rootfs: { type: "layers", diff_ids: [digestOf("d")] },
  history: [{ created_by: "COPY" }, { created_by: "ENV", empty_layer: true }],
});

/** The bytes of a text after one change; `undefined` removes. */
export function changed(text: string, path: JsonPath, value: unknown): Uint8Array {
  return encode(value === undefined ? removeJson(text, path) : setJson(text, path, value));
}

/** The UTF-8 bytes of a text. */
export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
