import type { Descriptor } from "../oci/descriptor.ts";

/** What every call that may wait accepts. */
export interface CallOptions {
  /** Ends the wait and releases what was taken. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode ContentSource.fetch}. */
export interface FetchOptions extends CallOptions {
  /** First byte wanted; 0 unless said. From an offset on, only the size is verified. */
  readonly offset?: number;
}

/** A place that gives content to whoever has its descriptor. */
export interface ContentSource {
  /**
   * Opens content by its descriptor. The stream fails at its end unless size and digest hold.
   *
   * @throws {NotFoundError} When the content is not there.
   */
  fetch(descriptor: Descriptor, options?: FetchOptions): Promise<ReadableStream<Uint8Array>>;
}
