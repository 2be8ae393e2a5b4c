import type { LayerFacts } from "../layer/layer_form.ts";
import { fileStream } from "../layer/file_stream.ts";
import { isDigest } from "../oci/digest.ts";
import { verify } from "../stream/verify.ts";
import { KeptLayer } from "./kept_layer.ts";

/** Options of {@linkcode LayerCache}. */
export interface LayerCacheOptions {
  /** How many bytes of layers are kept; 2 GiB unless said. */
  readonly maxBytes?: number;
  /** The time, in milliseconds since 1970; the system's unless said. */
  readonly now?: () => number;
}

const MAX_BYTES = 2 * 1024 ** 3;
/** Facts are a hundred bytes each. */
const MAX_FACTS = 4096;

/**
 * What is known of layers that were built before, in a directory: the facts by the key of what they
 * were made from, and the compressed bytes by their digest. Several processes may share it.
 *
 * It is a help and no more: what cannot be read from it or written to it is built as if it were not
 * there.
 */
export class LayerCache {
  /** The time by which files are told to be old enough to be known again. */
  readonly now: () => number;
  readonly #facts: string;
  readonly #blobs: string;
  readonly #maxBytes: number;
  #isWritten = false;

  /** Opens nothing yet. @param directory Where it is; made at the first need. */
  constructor(directory: string, { maxBytes = MAX_BYTES, now = Date.now }: LayerCacheOptions = {}) {
    this.now = now;
    this.#facts = `${directory}/facts`;
    this.#blobs = `${directory}/blobs`;
    this.#maxBytes = maxBytes;
  }

  /** What is known of the layer that was made from what has the key. */
  async recall(key: string): Promise<LayerFacts | undefined> {
    const path = `${this.#facts}/${key}`;
    try {
      const { digest, diffId, size } = JSON.parse(await Deno.readTextFile(path));
      if (!isDigest(digest) || !isDigest(diffId) || !Number.isSafeInteger(size)) return undefined;
      await touch(path);
      return { digest, diffId, size };
    } catch {
      return undefined;
    }
  }

  /** Notes what became of what has the key. */
  async remember(key: string, facts: LayerFacts): Promise<void> {
    await this.#write(async () => {
      const temporary = temporaryName(this.#facts);
      await Deno.writeTextFile(temporary, JSON.stringify(facts));
      await Deno.rename(temporary, `${this.#facts}/${key}`);
    });
  }

  /** Opens the bytes of a layer, verified as they pass; `undefined` when they are not there. */
  async open({ digest, size }: LayerFacts): Promise<ReadableStream<Uint8Array> | undefined> {
    const path = this.#blobPath(digest);
    const found = await Deno.stat(path).catch(() => undefined);
    if (found?.size !== size) return undefined;
    await touch(path);
    return verify(fileStream(path), { digest, size });
  }

  /** Begins to keep the bytes of a layer; `undefined` when there is no room to write to. */
  async begin(): Promise<KeptLayer | undefined> {
    const temporary = temporaryName(this.#blobs);
    let kept: KeptLayer | undefined;
    await this.#write(async () => {
      const file = await Deno.open(temporary, { write: true, createNew: true });
      kept = new KeptLayer(file, temporary, ({ digest }) => this.#blobPath(digest));
    });
    return kept;
  }

  /** Forgets what was not used for longest, until the rest fits. */
  async prune(): Promise<void> {
    if (!this.#isWritten) return;
    const facts = await listByUse(this.#facts);
    for (const { path } of facts.slice(MAX_FACTS)) await Deno.remove(path).catch(() => {});
    let bytes = 0;
    for (const { path, size } of await listByUse(this.#blobs)) {
      bytes += size;
      if (bytes > this.#maxBytes) await Deno.remove(path).catch(() => {});
    }
  }

  #blobPath(digest: string): string {
    return `${this.#blobs}/${digest.replace(":", "-")}`;
  }

  async #write(task: () => Promise<void>): Promise<void> {
    try {
      if (!this.#isWritten) {
        await Deno.mkdir(this.#facts, { recursive: true });
        await Deno.mkdir(this.#blobs, { recursive: true });
      }
      this.#isWritten = true;
      await task();
    } catch {
      // a full or foreign disk: nothing is kept
    }
  }
}

function temporaryName(directory: string): string {
  return `${directory}/.part-${crypto.randomUUID()}`;
}

/** Marks as used now. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  await Deno.utime(path, now, now).catch(() => {});
}

/** The files of a directory, the last used first. */
async function listByUse(directory: string): Promise<{ path: string; size: number }[]> {
  const files = await Array.fromAsync(Deno.readDir(directory), async ({ name }) => {
    const path = `${directory}/${name}`;
    const info = await Deno.stat(path).catch(() => undefined);
    return { path, size: info?.size ?? 0, used: info?.mtime?.getTime() ?? 0 };
  }).catch(() => []);
  return files.sort((left, right) => right.used - left.used);
}
