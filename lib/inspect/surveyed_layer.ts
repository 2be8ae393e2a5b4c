import type { Layer } from "../layer/layer.ts";
import type { Digest } from "../oci/digest.ts";
import { PeekableReader } from "../stream/peekable_reader.ts";
import { type BodySink, type LayerListing, type ListedEntry, listLayer } from "./layer_listing.ts";

/** A layer's headers, with what each of its files holds. */
export interface SurveyedLayer extends LayerListing {
  /** The digests of the bodies, by ordinal; of an empty file too. */
  readonly contents: ReadonlyMap<number, Digest>;
}

/** Options of {@linkcode surveyLayer}. */
export interface SurveyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Hears how each file begins that holds something: the first 64 KiB at most. */
  readonly onHead?: (entry: ListedEntry, head: Uint8Array) => void;
}

/** How much of a file is looked at. */
const HEAD_BYTES = 64 * 1024;

/** Reads a layer once, keeps its headers and hashes its files. */
export async function surveyLayer(
  layer: Layer,
  { signal, onHead }: SurveyOptions = {},
): Promise<SurveyedLayer> {
  const { createHash } = await import("node:crypto");
  const contents = new Map<number, Digest>();
  const listing = await listLayer(layer, {
    signal,
    capture(entry): BodySink | undefined {
      const { header, ordinal } = entry;
      if (header.type !== "file") return undefined;
      const hash = createHash("sha256");
      let left = header.size;
      const finish = () => contents.set(ordinal, `sha256:${hash.digest("hex")}`);
      if (left === 0) return void finish();
      const head = new Uint8Array(onHead === undefined ? 0 : Math.min(left, HEAD_BYTES));
      let filled = 0;
      return {
        add(bytes) {
          hash.update(bytes);
          left -= bytes.length;
          const piece = bytes.subarray(0, head.length - filled);
          head.set(piece, filled);
          filled += piece.length;
          if (piece.length > 0 && filled === head.length) onHead?.(entry, head);
          if (left === 0) finish();
        },
        flush() {},
      };
    },
  });
  return { ...listing, contents };
}

/** How the compressed bytes of a layer begin, as far as it tells who wrote them. */
export interface CompressedForm {
  /** `gzip`, `zstd`, `none` or another magic number. */
  readonly compression: string;
  /** What a gzip header says besides, in words: `made 2026-…, by level 9, on Unix`. */
  readonly header: string;
}

/** Reads the first bytes of a layer, and no more. */
export async function readCompressedForm(layer: Layer): Promise<CompressedForm> {
  const reader = new PeekableReader(layer.compressed());
  const head = await reader.peek(18);
  await reader.cancel("enough").catch(() => {});
  if (head[0] === 0x28 && head[1] === 0xb5) return { compression: "zstd", header: "" };
  if (head[0] !== 0x1f || head[1] !== 0x8b) return { compression: "none", header: "" };
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const [flags, time] = [head[3] ?? 0, head.length < 10 ? 0 : view.getUint32(4, true)];
  const [speed, system] = [head[8] ?? 0, head[9] ?? 255];
  const words = [
    time === 0 ? "no time" : `made ${new Date(time * 1000).toISOString()}`,
    speed === 2 ? "best compression" : speed === 4 ? "fastest" : "no level told",
    `system ${system}`,
    ...(flags & 8) === 0 ? [] : ["a file name"],
    ...(flags & 4) === 0 ? [] : ["extra fields"],
  ];
  return { compression: "gzip", header: words.join(", ") };
}
