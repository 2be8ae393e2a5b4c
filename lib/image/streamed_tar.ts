import type { CallOptions } from "../layer/content_source.ts";
import { conclude } from "../layer/conclude.ts";
import type { Layer } from "../layer/layer.ts";
import { parseWhiteout } from "../layer/whiteout.ts";
import { readTar, type TarEntry } from "../tar/read_tar.ts";
import type { TarHeader } from "../tar/entry.ts";
import { type TarInput, writeTar } from "../tar/write_tar.ts";
import { abortable } from "../stream/abortable.ts";
import { OverwrittenEntryError } from "../errors.ts";
import { HiddenPaths } from "./hidden_paths.ts";
import { KeptTars } from "./kept_tars.ts";
import { mergedEntries, planMerge } from "./merged_entries.ts";
import { cleanPath, type LayerChanges, MergedTree, type TreeNode } from "./merged_tree.ts";
import { ofLayer, readChanges } from "./read_tree.ts";

/** Bodies up to this size are read whole. */
const MAX_WHOLE_BYTES = 128 * 1024;

/**
 * Merges layers into the tar that {@linkcode mergedTar} makes of them with its directories last, and
 * writes the lowest layer, most often the largest, as it is read: only what the upper layers hide of
 * it may have to be kept. Those are read first.
 *
 * @throws {OverwrittenEntryError} Through the stream: when entries of the lowest layer replace each
 * other, so that what was written is not what is left.
 */
export async function streamedTar(
  layers: readonly Layer[],
  { signal }: CallOptions,
): Promise<ReadableStream<Uint8Array>> {
  const kept = new KeptTars();
  try {
    const merge = new StreamedMerge(layers, kept, signal);
    await merge.readUpper();
    return conclude(writeTar(merge.entries()), {
      end: () => Promise.resolve(kept[Symbol.dispose]()),
      fail: () => kept[Symbol.dispose](),
    });
  } catch (error) {
    kept[Symbol.dispose]();
    throw error;
  }
}

/** What the markers of the lowest layer apply to: it tells whether their paths are any. */
const NOTHING_BELOW = new MergedTree();

/** A merge of which the lowest layer is read last. */
class StreamedMerge {
  readonly #layers: readonly Layer[];
  readonly #kept: KeptTars;
  readonly #signal: AbortSignal | undefined;
  readonly #offsets: number[][];
  readonly #whole = new MergedTree();
  readonly #upper: LayerChanges[] = [];
  /** The paths of the files of the lowest layer that have been written, by ordinal. */
  readonly #written = new Map<number, string>();
  #keptBytes = 0;

  constructor(layers: readonly Layer[], kept: KeptTars, signal: AbortSignal | undefined) {
    this.#layers = layers;
    this.#kept = kept;
    this.#signal = signal;
    this.#offsets = layers.map(() => []);
  }

  /** Reads what lies above the lowest layer. */
  async readUpper(): Promise<void> {
    const [kept, offsets, signal] = [this.#kept, this.#offsets, this.#signal];
    const options = { kept, offsets, ...(signal && { signal }) };
    for (const [index, layer] of this.#layers.slice(1).entries()) {
      try {
        this.#upper.push(await readChanges(layer, index + 1, options));
      } catch (error) {
        throw ofLayer(this.#layers, index + 1, error);
      }
    }
  }

  /** What is written, the lowest layer's files first. */
  async *entries(): AsyncGenerator<TarInput> {
    yield* this.#readLowest();
    await this.#kept.settle();
    for (const [index, changes] of this.#upper.entries()) {
      try {
        this.#whole.apply(changes);
      } catch (error) {
        throw ofLayer(this.#layers, index + 1, error);
      }
    }
    const [layers, kept, offsets] = [this.#layers, this.#kept, this.#offsets];
    const plan = planMerge({ whole: this.#whole, lower: new MergedTree() }, 0);
    this.#expectAsWritten(plan.placed.get(0)?.named ?? new Map());
    plan.placed.get(0)?.named.clear();
    const source = { layers, kept, offsets, signal: this.#signal };
    yield* mergedEntries(plan, source, { directories: "last" });
  }

  async *#readLowest(): AsyncGenerator<TarInput> {
    const [layer] = this.#layers;
    if (layer === undefined) return;
    const hidden = new HiddenPaths(this.#upper);
    this.#kept.begin(0);
    try {
      for await (const entry of readTar(abortable(layer.uncompressed(), this.#signal))) {
        const { header } = entry;
        const ordinal = (this.#offsets[0]?.push(this.#keptBytes) ?? 0) - 1;
        if (!this.#place(header, ordinal)) continue;
        const path = cleanPath(header.name);
        const isLink = header.type === "symlink";
        if (this.#hasOwnName(path, ordinal) && !hidden.hides(path, { isLink })) {
          this.#written.set(ordinal, path);
          yield { header: { ...header, name: path }, body: await this.#bodyOf(entry) };
        } else {
          await this.#keep(entry);
        }
      }
    } catch (error) {
      throw ofLayer(this.#layers, 0, error);
    }
  }

  /** Puts an entry into the tree. @returns Whether it brings a file that is not a directory. */
  #place(header: TarHeader, ordinal: number): boolean {
    const marker = parseWhiteout(header.name);
    if (marker !== undefined) {
      NOTHING_BELOW.apply({ markers: [marker], added: [] });
      return false;
    }
    this.#whole.apply({ markers: [], added: [[header, { layer: 0, ordinal }]] });
    return header.type !== "directory" && header.type !== "hardlink";
  }

  #hasOwnName(path: string, ordinal: number): boolean {
    return this.#whole.at(path)?.inode.place.ordinal === ordinal;
  }

  async #keep(entry: TarEntry): Promise<void> {
    this.#keptBytes += entry.header.size;
    for await (const bytes of entry.body()) await this.#kept.write(0, bytes);
  }

  async #bodyOf(entry: TarEntry): Promise<Uint8Array | (() => ReadableStream<Uint8Array>)> {
    if (entry.header.size <= MAX_WHOLE_BYTES) return await entry.bytes();
    return () => ReadableStream.from(this.#piecesOf(entry));
  }

  async *#piecesOf(entry: TarEntry): AsyncGenerator<Uint8Array> {
    try {
      yield* entry.body();
    } catch (error) {
      throw ofLayer(this.#layers, 0, error);
    }
  }

  /** Sees to it that what the whole tree shows of the lowest layer is what has been written. */
  #expectAsWritten(files: ReadonlyMap<number, TreeNode>): void {
    const isAsWritten = files.size === this.#written.size &&
      [...files].every(([ordinal, { path }]) => this.#written.get(ordinal) === path);
    if (isAsWritten) return;
    throw new OverwrittenEntryError(
      `Cannot write layer "${
        this.#layers[0]?.descriptor?.digest ?? 1
      }" ahead: its entries replace ` +
        "each other; export it without `ahead`",
    );
  }
}
