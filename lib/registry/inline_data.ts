import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, digestBytes } from "../oci/digest.ts";

/** The content that a descriptor carries itself, when it is what the descriptor says. */
export async function inlineData(descriptor: Descriptor): Promise<Uint8Array | undefined> {
  const { data, digest, size } = descriptor;
  if (data === undefined) return undefined;
  const bytes = decode(data);
  if (bytes?.length !== size) return undefined;
  return await digestBytes(bytes, algorithmOf(digest)) === digest ? bytes : undefined;
}

function decode(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return undefined;
  }
}
