import type { Algorithm, Digest } from "../oci/digest.ts";

/** Hashes bytes as they come: Web Crypto digests whole buffers only. */
export interface Hasher {
  /** Takes the next bytes, at once and without keeping them. */
  update(bytes: Uint8Array): void;
  /** Ends the hash. Call it once: a hasher is spent after it. */
  digest(): Digest;
}

/**
 * Opens an incremental hasher over the runtime's native hash, which loads on first use.
 *
 * @param algorithm `sha256` unless asked otherwise.
 * @example
 * ```ts
 * import { openHasher } from "@davit/davit/stream";
 *
 * const hasher = await openHasher();
 * hasher.update(new TextEncoder().encode("{"));
 * hasher.update(new TextEncoder().encode("}"));
 * console.assert(hasher.digest().startsWith("sha256:44136fa3"));
 * ```
 */
export async function openHasher(algorithm: Algorithm = "sha256"): Promise<Hasher> {
  const { createHash } = await import("node:crypto");
  const hash = createHash(algorithm);
  return {
    update(bytes) {
      hash.update(bytes);
    },
    digest: () => `${algorithm}:${hash.digest("hex")}`,
  };
}
