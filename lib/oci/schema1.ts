import { DocumentError } from "../errors.ts";
import { type Algorithm, type Digest, digestBytes } from "./digest.ts";
import { DocumentField } from "./document_field.ts";
import { MEDIA_TYPE } from "./media_type.ts";
import { readDigest } from "./descriptor.ts";

/**
 * The layers of a Docker schema 1 manifest, each once: all that can be said of it without converting
 * it.
 *
 * @throws {DocumentError} When it is none.
 * @see {@link https://github.com/distribution/distribution/blob/v2.8.3/docs/spec/manifest-v2-1.md Docker, manifest version 2, schema 1}
 */
export function parseSchema1Layers(bytes: Uint8Array): readonly Digest[] {
  const root = DocumentField.parse("manifest", bytes);
  if (root.member("schemaVersion").integer() !== 1) {
    throw root.member("schemaVersion").unexpected("1");
  }
  const digests = root.member("fsLayers").items().map((layer) =>
    readDigest(layer.member("blobSum"))
  );
  return [...new Set(digests)];
}

/**
 * The digest that a registry knows a manifest by: that of its bytes, but of a signed schema 1
 * manifest that of what was signed.
 *
 * @throws {DocumentError} When a signature is not of the form that a signed manifest has.
 * @example
 * ```ts
 * import { manifestDigest } from "@davit/davit/oci";
 *
 * const bytes = new TextEncoder().encode("{}");
 * const digest = await manifestDigest(bytes, "application/vnd.oci.image.manifest.v1+json");
 * console.assert(digest.startsWith("sha256:44136fa3"));
 * ```
 */
export async function manifestDigest(
  bytes: Uint8Array,
  mediaType: string,
  algorithm: Algorithm = "sha256",
): Promise<Digest> {
  const signed = mediaType === MEDIA_TYPE.dockerSchema1Signed ? signedBytes(bytes) : bytes;
  return await digestBytes(signed, algorithm);
}

/** What a signature is about: the document up to the signatures, and how it ended before them. */
function signedBytes(bytes: Uint8Array): Uint8Array {
  const [first] = DocumentField.parse("manifest", bytes).member("signatures").items();
  if (first === undefined) {
    throw new DocumentError("Cannot read manifest: expected a signature, got none");
  }
  const header = decode(first.member("protected").string());
  const root = DocumentField.parse("signature", header);
  const length = root.member("formatLength").integer(0);
  const tail = decode(root.member("formatTail").string());
  const payload = new Uint8Array(Math.min(length, bytes.length) + tail.length);
  payload.set(bytes.subarray(0, length));
  payload.set(tail, payload.length - tail.length);
  return payload;
}

function decode(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64, { alphabet: "base64url" });
  } catch (cause) {
    throw new DocumentError("Cannot read signature: expected base64", { cause });
  }
}
