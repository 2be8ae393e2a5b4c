import { type Digest, digestBytes, hexOf } from "../oci/digest.ts";

/**
 * The ID of a layer in Docker's image format v1: 64 hex digits made of the digest of the compressed
 * layer and the ID of the layer below. The top layer's is made of the image's config too, so that
 * two images with the same layers have different IDs.
 *
 * @param parent The ID of the layer below; empty for the lowest.
 * @param config The exact bytes of the image config, for the top layer.
 */
export async function v1LayerId(
  digest: Digest,
  parent: string,
  config?: Uint8Array,
): Promise<string> {
  const encoder = new TextEncoder();
  const text = encoder.encode(`${hexOf(digest)} ${parent}`);
  if (config === undefined) return hexOf(await digestBytes(text));
  const bytes = new Uint8Array(text.length + 1 + config.length);
  bytes.set(text);
  bytes.set(encoder.encode(" "), text.length);
  bytes.set(config, text.length + 1);
  return hexOf(await digestBytes(bytes));
}
