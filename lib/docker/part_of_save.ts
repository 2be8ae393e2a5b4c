import { savedLayerIds } from "../archive/saved_layer_ids.ts";
import { openRange, writeRange } from "../archive/file_range.ts";
import { openSavedLayer } from "../archive/saved_layer.ts";
import { composeImage } from "../image/compose_image.ts";
import type { Image } from "../image/image.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Layer } from "../layer/layer.ts";
import { parseConfig } from "../oci/config.ts";
import { type Digest, hexOf, isDigest, verifyBytes } from "../oci/digest.ts";
import { parseJson } from "../oci/json.ts";
import { MAX_CONFIG_BYTES } from "../oci/limits.ts";
import { measure } from "../stream/measure.ts";
import { readTar, type TarEntry } from "../tar/read_tar.ts";
import { LeftOutLayer } from "./left_out_layer.ts";

/** An image whose bytes are wanted in part. */
export interface PartOfImage {
  /** The digest of its config. */
  readonly id: Digest;
  /** Its layers, base first. */
  readonly diffIds: readonly Digest[];
  /** Which of them are left out. */
  readonly isLeftOut: (diffId: Digest) => boolean;
}

/** A layer's tar, in a file. */
interface Kept {
  readonly start: number;
  readonly size: number;
}

/**
 * Reads an image out of what `docker save` writes, as far as it is wanted, and no further than to the
 * last of that: layers that are left out are neither kept nor hashed.
 *
 * The config is held to its digest, and layers are to their diff IDs when they are read.
 *
 * @param path A file to keep the layers in.
 * @returns Nothing when the tar is not as an engine writes it that keeps layers by their diff IDs.
 * @throws {TarError} When it breaks its format.
 */
export async function readPartOfSave(
  tar: ReadableStream<Uint8Array>,
  part: PartOfImage,
  path: string,
  options: CallOptions = {},
): Promise<Image | undefined> {
  const wanted = new Set(part.diffIds.filter((diffId) => !part.isLeftOut(diffId)));
  const reader = new SaveReader(part, wanted, path);
  for await (const entry of readTar(tar, options)) {
    await reader.take(entry);
    if (reader.isDone) return await reader.image();
  }
}

/** What has been found so far. */
class SaveReader {
  readonly #part: PartOfImage;
  readonly #wanted: ReadonlySet<Digest>;
  readonly #path: string;
  readonly #kept = new Map<Digest, Kept>();
  /** Which layers directories hold, as far as they tell. */
  readonly #directories = new Map<string, Digest>();
  #end = 0;
  #config: Uint8Array | undefined;

  constructor(part: PartOfImage, wanted: ReadonlySet<Digest>, path: string) {
    this.#part = part;
    this.#wanted = wanted;
    this.#path = path;
  }

  /** Whether nothing is missing. */
  get isDone(): boolean {
    return this.#config !== undefined && this.#kept.size === this.#wanted.size;
  }

  async take(entry: TarEntry): Promise<void> {
    const { name, type } = entry.header;
    if (type !== "file") return;
    const [, directory = "", base = ""] = /^(?:(.*)\/)?([^/]+)$/.exec(name) ?? [];
    const digest: string = `sha256:${base.replace(/\.json$/, "")}`;
    if (digest === this.#part.id) {
      this.#config = await verifyBytes(await entry.bytes(MAX_CONFIG_BYTES), this.#part.id);
    } else if (base === "json") {
      await this.#learn(directory, await entry.bytes(MAX_CONFIG_BYTES));
    } else if (directory === "blobs/sha256" && isDigest(digest)) {
      await this.#takeLayer(entry, digest);
    } else if (base === "layer.tar") {
      await this.#takeLayer(entry, this.#directories.get(directory));
    }
  }

  async image(): Promise<Image | undefined> {
    if (this.#config === undefined) return undefined;
    const diffIds = parseConfig(this.#config).rootfs.diff_ids;
    const layers = await Promise.all(diffIds.map((diffId) => this.#layer(diffId)));
    return composeImage({ config: this.#config, layers, family: "docker" });
  }

  async #layer(diffId: Digest): Promise<Layer> {
    const kept = this.#kept.get(diffId);
    if (kept === undefined) return new LeftOutLayer(diffId);
    const { start, size } = kept;
    const open = (offset = 0) => openRange(this.#path, start + offset, Math.max(0, size - offset));
    return await openSavedLayer({ path: `layer ${hexOf(diffId)}`, size, open }, diffId);
  }

  #lacks(diffId: Digest): boolean {
    return this.#wanted.has(diffId) && !this.#kept.has(diffId);
  }

  async #learn(directory: string, json: Uint8Array): Promise<void> {
    const { created } = parseJson(json, `json of layer "${directory}"`) as { created?: unknown };
    if (typeof created !== "string") return;
    const diffId = (await savedLayerIds(this.#part.diffIds, created)).get(directory);
    if (diffId !== undefined) this.#directories.set(directory, diffId);
  }

  async #takeLayer(entry: TarEntry, known: Digest | undefined): Promise<void> {
    if (known !== undefined && !this.#lacks(known)) return;
    const start = this.#end;
    const digest = await this.#keep(entry);
    if (this.#lacks(digest)) this.#kept.set(digest, { start, size: entry.header.size });
    else this.#end = start;
  }

  async #keep(entry: TarEntry): Promise<Digest> {
    const { stream, done } = measure(entry.body());
    this.#end += await writeRange(this.#path, this.#end, () => Promise.resolve(stream));
    return (await done).digest;
  }
}
