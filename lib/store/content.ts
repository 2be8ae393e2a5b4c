import { type Digest, digestBytes } from "../oci/digest.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { ContentSource } from "../layer/content_source.ts";
import type { Layer } from "../layer/layer.ts";
import { lazyBytes } from "../stream/lazy_bytes.ts";

/**
 * Bytes on their way into a place. Single-pass content has no descriptor until it has been read:
 * a place then learns digest and size from `sealed()`, after the stream has ended.
 */
export interface Content {
  /** What the bytes are. */
  readonly mediaType: string;
  /** The descriptor, when it is known before a byte is read. */
  readonly descriptor: Descriptor | undefined;
  /** Whether `open` may be called again, though the descriptor is not known yet. */
  readonly replayable?: boolean;
  /** Where the bytes lie, when they can be taken from there directly (a mount). */
  readonly origin?: ContentSource;
  /** Opens the bytes. */
  open(): Promise<ReadableStream<Uint8Array>>;
  /**
   * Opens the bytes from an offset on, of which only the size is verified; absent where that would
   * read those before the offset too.
   */
  readonly openFrom?: (offset: number) => Promise<ReadableStream<Uint8Array>>;
  /** The descriptor; of single-pass content, once the stream has ended. */
  sealed(): Promise<Descriptor>;
}

/** Says whether the bytes fail at their end unless they are what the descriptor says. */
export function isVerified({ descriptor, origin }: Content): boolean {
  return descriptor !== undefined && origin !== undefined;
}

/** Content that is whole in memory: a manifest, a config. */
export function bytesContent(bytes: Uint8Array, descriptor: Descriptor): Content {
  return {
    mediaType: descriptor.mediaType,
    descriptor,
    open: () => Promise.resolve(ReadableStream.from([bytes])),
    sealed: () => Promise.resolve(descriptor),
  };
}

/** Describes bytes that are whole in memory. */
export async function describeBytes(bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
  const digest: Digest = await digestBytes(bytes);
  return { mediaType, digest, size: bytes.length };
}

/** A layer's compressed bytes as content. */
export function layerContent(layer: Layer): Content {
  const { origin, descriptor, replayable = false } = layer;
  return {
    mediaType: layer.mediaType,
    get descriptor() {
      return layer.descriptor;
    },
    replayable,
    ...(origin === undefined ? {} : { origin }),
    ...(origin === undefined || descriptor === undefined ? {} : {
      openFrom: (offset) =>
        Promise.resolve(lazyBytes((signal) => origin.fetch(descriptor, { offset, signal }))),
    }),
    open: () => Promise.resolve(layer.compressed()),
    async sealed() {
      return {
        mediaType: layer.mediaType,
        digest: await layer.digest(),
        size: await layer.size(),
      };
    },
  };
}
