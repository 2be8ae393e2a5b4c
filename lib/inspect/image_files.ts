import { NotFoundError, UnsupportedError } from "../errors.ts";
import type { Image } from "../image/image.ts";
import type { EntryPlace } from "../image/merged_tree.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Layer } from "../layer/layer.ts";
import { shared } from "../layer/shared.ts";
import { Permits } from "../store/permits.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import type { TarHeader } from "../tar/entry.ts";
import { CapturedBody } from "./captured_body.ts";
import { cleanPath } from "./entry_paths.ts";
import type { FileEntry } from "./file_entry.ts";
import { FileTree, type ResolveOptions } from "./file_tree.ts";
import { type LayerListing, listLayer } from "./layer_listing.ts";
import { decideUpward } from "./locate_file.ts";
import { WantedPaths } from "./wanted_paths.ts";

/** A file of an image with its content. */
export interface OpenedFile {
  /** What it is. */
  readonly entry: FileEntry;
  /** Opens the content: all of it is there, and its layer was verified. */
  open(): ReadableStream<Uint8Array>;
}

const NOWHERE: EntryPlace = { layer: -1, ordinal: 0 };

/** How many layers are read at once. */
const JOBS = 4;

/**
 * The files of an image as a container would see them, without unpacking it: only headers are kept,
 * so that memory grows with the number of files and not with their size. Each layer is read when it
 * is needed, and no layer twice but for links that lead back to where its stream has passed.
 *
 * Dispose of it to remove what had to be put aside.
 *
 * @example
 * ```ts
 * import { appendLayers, emptyImage } from "@davit/davit/image";
 * import { ImageFiles } from "@davit/davit/inspect";
 * import { layerFromEntries } from "@davit/davit/layer";
 *
 * const layer = layerFromEntries([{ path: "etc/motd", content: "ahoy" }]);
 * await using files = new ImageFiles(appendLayers(emptyImage(), [layer]));
 * const names = (await files.list("/etc")).map(({ path }) => path);
 * console.assert(names.join() === "/etc/motd");
 * const motd = await files.open("/etc/motd");
 * console.assert(await new Response(motd.open()).text() === "ahoy");
 * ```
 */
export class ImageFiles implements AsyncDisposable {
  readonly #signal: AbortSignal | undefined;
  readonly #layers: () => Promise<readonly Layer[]>;
  readonly #listings = new Map<number, Promise<LayerListing>>();
  readonly #captured = new Map<string, CapturedBody>();
  readonly #tree: () => Promise<FileTree>;

  /** Reads nothing yet. */
  constructor(image: Image, options: CallOptions = {}) {
    this.#signal = options.signal;
    this.#layers = shared(() => untilAborted(image.layers(), this.#signal));
    this.#tree = shared(() => this.#readTree());
  }

  /** All files, by the headers of all layers, each read once. */
  tree(): Promise<FileTree> {
    return this.#tree();
  }

  /**
   * Lists a directory; of anything else, itself.
   *
   * @throws {NotFoundError} When there is no such path.
   */
  async list(path: string, options: ResolveOptions = {}): Promise<readonly FileEntry[]> {
    const tree = await this.tree();
    const file = tree.at(path, options);
    return file.type === "directory" ? [...tree.children(file)] : [file];
  }

  /**
   * Finds one file, from the top layer down, and reads no more layers than it takes to know what is
   * there.
   *
   * @throws {NotFoundError} When there is no such path.
   */
  async locate(path: string): Promise<FileEntry> {
    return (await this.#locate(path)).at(path);
  }

  /**
   * What the tar says of one file, found as {@linkcode locate} does; its extended attributes with
   * their values too. A hard link is the file itself.
   *
   * @throws {NotFoundError} When no layer lists the path.
   */
  async header(path: string): Promise<TarHeader> {
    const tree = await this.#locate(path);
    const header = tree.headerAt(cleanPath(tree.at(path).path));
    if (header === undefined) throw new NotFoundError("file", path, "the image");
    return header;
  }

  /**
   * Opens one file, found as {@linkcode locate} does, when its layer has been read and verified.
   *
   * @throws {NotFoundError} When there is no such path.
   * @throws {UnsupportedError} When it is no file.
   */
  async open(path: string): Promise<OpenedFile> {
    const tree = await this.#locate(path);
    const entry = tree.at(path);
    const place = tree.placeOf(entry) ?? NOWHERE;
    if (entry.type !== "file") {
      throw new UnsupportedError(
        `Cannot read ${JSON.stringify(path)}: expected a file, got a ${entry.type}`,
      );
    }
    const body = this.#captured.get(keyOf(place)) ?? await this.#capture(place);
    return { entry, open: () => body.open() };
  }

  /** The layers, base first. */
  layers(): Promise<readonly Layer[]> {
    return this.#layers();
  }

  /** Removes what was put aside. */
  async [Symbol.asyncDispose](): Promise<void> {
    const bodies = [...this.#captured.values()];
    this.#captured.clear();
    for (const body of bodies) await body[Symbol.asyncDispose]();
  }

  /** A tree of as many layers as it takes to know what is at a path. */
  async #locate(path: string): Promise<FileTree> {
    const layers = await this.#layers();
    const wanted = new WantedPaths(path);
    const known: LayerListing[] = [];
    for (let position = layers.length - 1; position >= 0; position--) {
      const listing = await this.#list(position, wanted);
      known.unshift(listing);
      const matters = position === 0 || listing.markers.some((it) => wanted.isHiddenBy(it)) ||
        listing.entries.reduce((met, { header }) => wanted.meet(header) || met, false);
      if (!matters) continue;
      const decision = decideUpward(path, known, position);
      if (decision.kind === "decided") return decision.tree;
    }
    return new FileTree([]);
  }

  async #readTree(): Promise<FileTree> {
    const layers = await this.#layers();
    const permits = new Permits(JOBS);
    const listings = layers.map((_, position) =>
      permits.run(() => this.#list(position), this.#signal)
    );
    return new FileTree(await Promise.all(listings));
  }

  #list(position: number, wanted?: WantedPaths): Promise<LayerListing> {
    const known = this.#listings.get(position);
    if (known !== undefined) return known;
    const listing = this.#read(position, wanted);
    this.#listings.set(position, listing);
    listing.catch(() => this.#listings.delete(position));
    return listing;
  }

  async #read(position: number, wanted?: WantedPaths): Promise<LayerListing> {
    const layer = (await this.#layers())[position];
    if (layer === undefined) throw new NotFoundError("layer", String(position + 1));
    return await listLayer(layer, {
      signal: this.#signal,
      capture: ({ header, ordinal }) => {
        wanted?.meet(header);
        if (header.type !== "file" || wanted?.includes(header) !== true) return undefined;
        return this.#keep({ layer: position, ordinal });
      },
    });
  }

  #keep(place: EntryPlace): CapturedBody {
    const body = new CapturedBody();
    this.#captured.set(keyOf(place), body);
    return body;
  }

  /** Reads a layer again for one file that its first pass did not know to be wanted. */
  async #capture(place: EntryPlace): Promise<CapturedBody> {
    const layer = (await this.#layers())[place.layer];
    const body = this.#keep(place);
    if (layer === undefined) return body;
    await listLayer(layer, {
      signal: this.#signal,
      capture: ({ ordinal }) => ordinal === place.ordinal ? body : undefined,
    });
    return body;
  }
}

function keyOf({ layer, ordinal }: EntryPlace): string {
  return `${layer}/${ordinal}`;
}
