import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Compression } from "../oci/media_type.ts";
import { BlobLayer } from "../layer/blob_layer.ts";
import type { Layer } from "../layer/layer.ts";
import { keptForm, tarForm } from "../layer/layer_form.ts";
import { ReplayableLayer } from "../layer/replayable_layer.ts";
import { compressionOfBytes } from "../stream/magic.ts";
import { verify } from "../stream/verify.ts";
import type { ArchivedFile } from "./archive_files.ts";

/**
 * Makes a layer of a file in a `docker save` tar. One that is compressed is kept as it is; a plain
 * tar is a layer that has not been compressed yet. Either way its tar is held to the diff ID as it
 * passes.
 *
 * @param source How the place calls it that a non-distributable layer comes from. When the file is
 * the very same blob, the layer stays non-distributable.
 */
export async function openSavedLayer(
  file: ArchivedFile,
  diffId: Digest,
  source?: Descriptor,
): Promise<Layer> {
  if (source?.size === file.size) {
    return new BlobLayer({
      descriptor: source,
      origin: {
        fetch: (_, { offset = 0 } = {}) =>
          Promise.resolve(offset === 0 ? verify(file.open(), source) : file.open(offset)),
      },
      diffId: () => Promise.resolve(diffId),
    });
  }
  const layer = new SavedLayer(file, diffId, await compressionOf(file));
  await layer.diffId();
  return layer;
}

/** A layer that knows its diff ID as soon as it has been asked for it. */
class SavedLayer extends ReplayableLayer {
  /** What the file promises to be, when it is not compressed. */
  readonly tar?: Pick<Descriptor, "digest" | "size">;

  constructor(file: ArchivedFile, diffId: Digest, compression: Compression) {
    const form = compression === "none"
      ? tarForm({ family: "docker" })
      : keptForm(compression, { family: "docker", what: `"${file.path}"` });
    super(() => file.open(), form, () => Promise.resolve({ diffId }));
    if (compression === "none") this.tar = { digest: diffId, size: file.size };
  }
}

async function compressionOf(file: ArchivedFile): Promise<Compression> {
  const reader = file.open().getReader();
  const { value = new Uint8Array() } = await reader.read();
  await reader.cancel();
  return compressionOfBytes(value);
}
