import type { Digest } from "../oci/digest.ts";
import { type Compression, layerMediaType } from "../oci/media_type.ts";
import type { BlockSource } from "../stream/block_source.ts";
import { compressor, nativeOptions } from "../stream/compress.ts";
import { compressBlocks } from "../stream/compress_blocks.ts";
import { decompress } from "../stream/decompress.ts";
import { Gauge } from "../stream/gauge.ts";
import { measure, type Measured } from "../stream/measure.ts";
import { drain } from "./drain.ts";
import { forkStream } from "./fork_stream.ts";
import type { LayerOptions } from "./layer_options.ts";
import { lazy } from "../stream/lazy.ts";
import { tarFrom } from "./tar_start.ts";

/** What is known of a layer when its compressed bytes have passed. */
export interface LayerFacts {
  /** The digest of the compressed bytes. */
  readonly digest: Digest;
  /** The number of compressed bytes. */
  readonly size: number;
  /** The digest of the uncompressed tar. */
  readonly diffId: Digest;
}

/** Bytes on their way to a reader, and what they tell. */
export interface LayerPass<Facts> {
  /** The bytes. */
  readonly stream: ReadableStream<Uint8Array>;
  /** Settles when the stream does. Nobody has to look at it. */
  readonly facts: Promise<Facts>;
}

/** How a layer's bytes are made from a source: the part that all kinds of layers share. */
export interface LayerForm<Source = ReadableStream<Uint8Array>> {
  /** The media type of the compressed bytes. */
  readonly mediaType: string;
  /** Which pass tells the diff ID at the least cost. */
  readonly diffIdPass: "compressed" | "uncompressed";
  /** Gives the compressed bytes. */
  compressed(source: Source): LayerPass<LayerFacts>;
  /** Gives the tar. */
  uncompressed(source: Source): LayerPass<Partial<LayerFacts>>;
}

/** The source is the tar: it is compressed on its way. */
export function tarForm(options: LayerOptions): LayerForm {
  const { compression = "gzip", family = "oci" } = options;
  const { mediaType = layerMediaType(family, compression) } = options;
  const compress = compressor({ ...options, compression });
  return {
    mediaType,
    diffIdPass: "uncompressed",
    compressed(source) {
      if (compression === "none") return plain(source);
      const tar = measure(source);
      const { stream, done } = measure(compress(tar.stream));
      return pass(stream, async () => ({ diffId: (await tar.done).digest, ...await done }));
    },
    uncompressed(source) {
      if (compression === "none") return plain(source);
      const { stream, done } = measure(source);
      return pass(stream, async () => ({ diffId: (await done).digest }));
    },
  };
}

/**
 * The source is the tar in blocks that may lie in files still: they are read, hashed and compressed
 * block by block. The bytes are those of {@linkcode tarForm}.
 */
export function blocksForm(options: LayerOptions): LayerForm<BlockSource> {
  const { compression = "gzip", engine = "native" } = options;
  const form = tarForm(options);
  const reading = nativeOptions({ ...options, compression: "none" });
  const compressing = nativeOptions({ ...options, compression });
  const read = (source: BlockSource) => compressBlocks(source, reading);
  return {
    ...form,
    compressed(source) {
      if (compression === "none" || engine === "web") return form.compressed(read(source));
      const tar = new Gauge();
      const { stream, done } = measure(compressBlocks(source, compressing, tar));
      return pass(stream, async () => ({ diffId: (await tar.done).digest, ...await done }));
    },
    uncompressed: (source) => form.uncompressed(read(source)),
  };
}

/** Options of {@linkcode keptForm}. */
export interface KeptOptions extends LayerOptions {
  /** What errors call the source; `the layer` unless said. */
  readonly what?: string;
}

/** The source is compressed already: it is kept as it is, and looked into on its way. */
export function keptForm(compression: Compression, options: KeptOptions): LayerForm {
  const { family = "oci", mediaType = layerMediaType(family, compression) } = options;
  const { what = "the layer" } = options;
  function tarOf(source: ReadableStream<Uint8Array>): Measured {
    return measure(
      lazy((signal) => tarFrom(decompress(source, { compression, signal, what }), what)),
    );
  }
  return {
    mediaType,
    diffIdPass: "compressed",
    compressed(source) {
      const whole = measure(source);
      const { stream, result } = forkStream(whole.stream, async (copy) => {
        const { stream, done } = tarOf(copy);
        await drain(stream);
        return (await done).digest;
      });
      return pass(stream, async () => ({ diffId: await result, ...await whole.done }));
    },
    uncompressed(source) {
      const { stream, done } = tarOf(source);
      return pass(stream, async () => ({ diffId: (await done).digest }));
    },
  };
}

function plain(source: ReadableStream<Uint8Array>): LayerPass<LayerFacts> {
  const { stream, done } = measure(source);
  return pass(stream, async () => {
    const { digest, size } = await done;
    return { diffId: digest, digest, size };
  });
}

function pass<Facts>(
  stream: ReadableStream<Uint8Array>,
  tell: () => Promise<Facts>,
): LayerPass<Facts> {
  const facts = tell();
  facts.catch(() => {});
  return { stream, facts };
}
