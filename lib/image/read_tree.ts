import type { CallOptions } from "../layer/content_source.ts";
import type { Layer } from "../layer/layer.ts";
import { parseWhiteout, type Whiteout } from "../layer/whiteout.ts";
import { abortable } from "../stream/abortable.ts";
import type { TarHeader } from "../tar/entry.ts";
import { TarReader } from "../tar/reader.ts";
import { DocumentError, TarError } from "../errors.ts";
import type { KeptTars } from "./kept_tars.ts";
import { type EntryPlace, type LayerChanges, MergedTree } from "./merged_tree.ts";

/** Options of {@linkcode readTrees}. */
export interface ReadTreeOptions extends CallOptions {
  /** Keeps the tars, for their bodies. */
  readonly kept?: KeptTars;
  /** Layers below this one, counted from 0, make a tree of their own besides. */
  readonly split?: number;
}

/** What {@linkcode readTrees} finds. */
export interface ReadTrees {
  /** The filesystem of all layers. */
  readonly whole: MergedTree;
  /** The filesystem of the layers below the split. */
  readonly lower: MergedTree;
  /** Where the body of each entry begins in the tar of its layer, by layer and ordinal. */
  readonly offsets: readonly (readonly number[])[];
}

/**
 * Reads the headers of layers, each once, into the filesystem that they make.
 *
 * @throws {DocumentError} For a layer that is no tar, or an entry that leads out of the root.
 * @throws {LimitExceededError} Beyond four million files and directories.
 */
export async function readTrees(
  layers: readonly Layer[],
  options: ReadTreeOptions = {},
): Promise<ReadTrees> {
  const { split = 0 } = options;
  const trees: ReadTrees = {
    whole: new MergedTree(),
    lower: new MergedTree(),
    offsets: layers.map(() => []),
  };
  for (const [position, layer] of layers.entries()) {
    try {
      const changes = await readChanges(layer, position, { ...options, offsets: trees.offsets });
      trees.whole.apply(changes);
      if (position < split) trees.lower.apply(changes);
    } catch (error) {
      throw ofLayer(layers, position, error);
    }
  }
  return trees;
}

/** Says of what is wrong with a layer which layer it is. */
export function ofLayer(layers: readonly Layer[], position: number, error: unknown): unknown {
  if (!(error instanceof DocumentError || error instanceof TarError)) return error;
  const name = layers[position]?.descriptor?.digest ?? `${position + 1} of ${layers.length}`;
  const why = error.message.replace(/^C/, "c");
  return new DocumentError(`Cannot export layer "${name}": ${why}`, { cause: error });
}

/** Reads the headers of a layer, and notes where the bodies begin. */
export async function readChanges(
  layer: Layer,
  position: number,
  { kept, signal, offsets }: ReadTreeOptions & Pick<ReadTrees, "offsets">,
): Promise<LayerChanges> {
  const markers: Whiteout[] = [];
  const added: [TarHeader, EntryPlace][] = [];
  const places = offsets[position] as number[];
  const reader = new TarReader();
  kept?.begin(position);
  for await (const bytes of abortable(layer.uncompressed(), signal)) {
    await kept?.write(position, bytes);
    for (const event of reader.push(bytes)) {
      if (event.kind !== "entry") continue;
      const { header, offset } = event;
      const ordinal = places.push(offset) - 1;
      const marker = parseWhiteout(header.name);
      if (marker === undefined) added.push([header, { layer: position, ordinal }]);
      else markers.push(marker);
    }
  }
  reader.finish();
  await kept?.settle();
  return { markers, added };
}
