import { NotFoundError } from "../errors.ts";
import type { ContentSource, FetchOptions } from "../layer/content_source.ts";
import { layerFromDirectory } from "../layer/directory.ts";
import { fileFailure } from "../layer/file_failure.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { abortable } from "../stream/abortable.ts";
import { measure } from "../stream/measure.ts";
import { verify } from "../stream/verify.ts";

/** How an artifact's content opens again. */
type Open = () => Promise<ReadableStream<Uint8Array>> | ReadableStream<Uint8Array>;

/** What a directory becomes. */
export interface PackedDirectory {
  /** The compressed tar. */
  readonly blob: Pick<Descriptor, "digest" | "size">;
  /** The digest of the tar itself. */
  readonly tarDigest: Digest;
}

/**
 * The content of an artifact that is being made, by digest: files of this machine, packed
 * directories, documents. What is read is verified, so a file that changes meanwhile is noticed.
 */
export class ArtifactFiles implements ContentSource {
  readonly #contents = new Map<Digest, Open>();

  /** Adds bytes under their digest. */
  addBytes(digest: Digest, bytes: Uint8Array): void {
    this.#contents.set(digest, () => ReadableStream.from([bytes]));
  }

  /** Reads a file once, and adds it. */
  async addFile(path: string): Promise<Pick<Descriptor, "digest" | "size">> {
    const open = async () => (await openFile(path)).readable;
    const { stream, done } = measure(await open());
    await stream.pipeTo(new WritableStream()).catch((cause) => {
      throw fileFailure("read", path, cause);
    });
    const { digest, size } = await done;
    this.#contents.set(digest, open);
    return { digest, size };
  }

  /** Packs a directory once, to learn its digest, and adds it. @param prefix Where it unpacks to. */
  async addDirectory(path: string, prefix: string): Promise<PackedDirectory> {
    const layer = layerFromDirectory(path, { prefix, compression: "gzip" });
    const [digest, size, tarDigest] = [
      await layer.digest(),
      await layer.size(),
      await layer.diffId(),
    ];
    this.#contents.set(digest, () => layer.compressed());
    return { blob: { digest, size }, tarDigest };
  }

  /** Opens content from an offset on. */
  async fetch(
    descriptor: Descriptor,
    { offset = 0, signal }: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const open = this.#contents.get(descriptor.digest);
    if (open === undefined) throw new NotFoundError("content", descriptor.digest, "the artifact");
    const content = verify(await open(), descriptor);
    return abortable(offset === 0 ? content : ReadableStream.from(skip(content, offset)), signal);
  }
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (cause) {
    throw inputFailure(path, cause);
  }
}

/** Says why a file that was named cannot be read: that it is not there is a condition of its own. */
export function inputFailure(path: string, cause: unknown): unknown {
  return cause instanceof Deno.errors.NotFound
    ? new NotFoundError("file", path, undefined, { cause })
    : fileFailure("read", path, cause);
}

async function* skip(
  source: ReadableStream<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of source) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
