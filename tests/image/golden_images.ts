import { openView } from "../../lib/image/open_view.ts";
import type { Image } from "../../lib/image/image.ts";
import { BlobLayer } from "../../lib/layer/blob_layer.ts";
import type { Layer } from "../../lib/layer/layer.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { bytesContent, describeBytes } from "../../lib/store/content.ts";
import { MemoryStore } from "../../lib/store/memory.ts";

/** An image of the golden vectors: the exact documents, and layers that are any bytes. */
export interface GoldenImage {
  readonly config: string;
  readonly manifest: string;
  readonly layersBase64: readonly string[];
}

/** One golden vector: what was given, and what go-containerregistry made of it. */
export interface GoldenMutation {
  readonly name: string;
  readonly inputs: Readonly<Record<string, GoldenImage>>;
  readonly output?: GoldenImage;
  readonly outputIndex?: string;
  readonly error?: string;
}

/** Puts a golden image into memory and opens it. */
export async function openGolden({ config, manifest, layersBase64 }: GoldenImage): Promise<Image> {
  const store = new MemoryStore();
  const blobs = [new TextEncoder().encode(config), ...layersBase64.map(fromBase64)];
  for (const blob of blobs) {
    const descriptor = await describeBytes(blob, "application/octet-stream");
    await store.write(bytesContent(blob, descriptor));
  }
  const bytes = new TextEncoder().encode(manifest);
  const { mediaType = MEDIA_TYPE.ociManifest } = JSON.parse(manifest);
  const descriptor = await describeBytes(bytes, mediaType);
  await store.write(bytesContent(bytes, descriptor), { names: ["v1"] });
  const view = openView(store, descriptor);
  if (view.kind !== "image") throw new TypeError("the vector is no image");
  return view;
}

/** The last layer of a golden image, as one that is stored as it is. */
export async function topLayer({ layersBase64 }: GoldenImage): Promise<Layer> {
  const bytes = fromBase64(layersBase64.at(-1) ?? "");
  const digest = await digestBytes(bytes);
  return new BlobLayer({
    descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest, size: bytes.length },
    origin: { fetch: () => Promise.resolve(ReadableStream.from([bytes])) },
    diffId: () => Promise.resolve(digest),
  });
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text);
}
