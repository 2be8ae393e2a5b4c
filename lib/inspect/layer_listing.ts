import { DocumentError, TarError } from "../errors.ts";
import type { Layer } from "../layer/layer.ts";
import { parseWhiteout, type Whiteout } from "../layer/whiteout.ts";
import { abortable } from "../stream/abortable.ts";
import type { TarHeader } from "../tar/entry.ts";
import { TarReader } from "../tar/reader.ts";

/** An entry of a layer that makes a file. */
export interface ListedEntry {
  /** What the entry says. */
  readonly header: TarHeader;
  /** The how-manieth entry of the layer's tar it is, from 0. */
  readonly ordinal: number;
  /** Bytes of headers in front of the body: more than 512 with extension headers. */
  readonly headerSize: number;
}

/** Takes the body of one entry. */
export interface BodySink {
  /** Takes some bytes, which do not stay as they are after the call. */
  add(bytes: Uint8Array): void;
  /** Makes room: called between pieces of the layer, and at the end of the body. */
  flush(): Promise<void> | void;
}

/** What a layer changes, without the content of its files. */
export interface LayerListing {
  /** The files it brings, in the order of its tar. */
  readonly entries: readonly ListedEntry[];
  /** What it hides of the layers below. */
  readonly markers: readonly Whiteout[];
  /** The entries that are these markers. */
  readonly marks: readonly ListedEntry[];
}

/** Options of {@linkcode listLayer}. */
export interface ListLayerOptions {
  readonly signal?: AbortSignal | undefined;
  /** Says of each entry, as it comes, who takes its body; nobody unless said. */
  readonly capture?: (entry: ListedEntry) => BodySink | undefined;
}

/**
 * Reads a layer once, and keeps its headers.
 *
 * @throws {DocumentError} When the layer is no tar.
 */
export async function listLayer(
  layer: Layer,
  options: ListLayerOptions = {},
): Promise<LayerListing> {
  const { signal, capture } = options;
  const entries: ListedEntry[] = [];
  const markers: Whiteout[] = [];
  const marks: ListedEntry[] = [];
  const tar = new TarReader();
  let ordinal = 0;
  let body: BodySink | undefined;
  try {
    for await (const bytes of abortable(layer.uncompressed(), signal)) {
      for (const event of tar.push(bytes)) {
        if (event.kind === "body") body?.add(event.bytes);
        if (event.kind !== "entry") continue;
        await body?.flush();
        body = undefined;
        const { header, offset, headerOffset } = event;
        const entry = { header, ordinal: ordinal++, headerSize: offset - headerOffset };
        const marker = parseWhiteout(entry.header.name);
        if (marker !== undefined) {
          markers.push(marker);
          marks.push(entry);
          continue;
        }
        entries.push(entry);
        body = capture?.(entry);
      }
      await body?.flush();
    }
    tar.finish();
    return { entries, markers, marks };
  } catch (error) {
    if (!(error instanceof DocumentError || error instanceof TarError)) throw error;
    throw nameLayer(layer, error);
  }
}

/** Says of what is wrong with a layer which layer it is. */
export function nameLayer(layer: Layer, error: Error): DocumentError {
  const name = layer.descriptor?.digest ?? "of this image";
  const why = error.message.replace(/^C/, "c");
  return new DocumentError(`Cannot read layer "${name}": ${why}`, { cause: error });
}
