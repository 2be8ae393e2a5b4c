import type { Digest } from "../oci/digest.ts";

const MAX_BYTES = 16 * 1024 * 1024;

/** The documents that were last asked for, up to 16 MiB in all: what a digest names never changes. */
export class DocumentCache {
  readonly #documents = new Map<Digest, Uint8Array>();
  #bytes = 0;

  /** The document, if it is here; it is then the last to go. */
  get(digest: Digest): Uint8Array | undefined {
    const bytes = this.#documents.get(digest);
    if (bytes === undefined) return undefined;
    this.#documents.delete(digest);
    this.#documents.set(digest, bytes);
    return bytes;
  }

  /** Keeps a document, in place of those that nobody has asked for the longest. */
  set(digest: Digest, bytes: Uint8Array): void {
    this.#delete(digest);
    this.#documents.set(digest, bytes);
    this.#bytes += bytes.length;
    for (const oldest of this.#documents.keys()) {
      if (this.#bytes <= MAX_BYTES) return;
      this.#delete(oldest);
    }
  }

  #delete(digest: Digest): void {
    this.#bytes -= this.#documents.get(digest)?.length ?? 0;
    this.#documents.delete(digest);
  }
}
