import { type Digest, digestBytes } from "../../lib/oci/digest.ts";
import type { ContentSource } from "../../lib/layer/content_source.ts";
import type { View } from "../../lib/image/image.ts";
import { openView } from "../../lib/image/open_view.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import golden from "../fixtures/docker-save-golden.json" with { type: "json" };

/** What a writer makes of the images of a case. */
export interface GoldenTar {
  readonly size: number;
  readonly sha256: string;
  readonly entries: readonly { name: string; size: number; sha256: string }[];
}

/** A case of the vectors made with go-containerregistry. */
export interface GoldenCase {
  readonly name: string;
  readonly images: readonly GoldenImage[];
  readonly legacy?: GoldenTar;
  readonly legacyError?: string;
  readonly modern?: GoldenTar;
}

interface GoldenImage {
  readonly refs: readonly string[];
  readonly config: string;
  readonly manifest: string;
  readonly layers: readonly { bytesBase64: string }[];
}

export const GOLDEN: readonly GoldenCase[] = golden.cases;

/** The images of a case with their names, as views over memory. */
export async function goldenImages(
  { images }: GoldenCase,
): Promise<{ view: View; names: readonly string[] }[]> {
  return await Promise.all(images.map(async ({ refs, config, manifest, layers }) => {
    const encoder = new TextEncoder();
    const bytes = encoder.encode(manifest);
    const source = await memorySource([
      bytes,
      encoder.encode(config),
      ...layers.map(({ bytesBase64 }) => Uint8Array.fromBase64(bytesBase64)),
    ]);
    const view = openView(source, {
      mediaType: MEDIA_TYPE.dockerManifest,
      digest: await digestBytes(bytes),
      size: bytes.length,
    });
    return { view, names: refs };
  }));
}

/** A place that has these bytes. */
export async function memorySource(contents: readonly Uint8Array[]): Promise<ContentSource> {
  const blobs = new Map<Digest, Uint8Array>();
  for (const bytes of contents) blobs.set(await digestBytes(bytes), bytes);
  return {
    fetch({ digest }) {
      const bytes = blobs.get(digest);
      if (bytes === undefined) return Promise.reject(new Error(`no ${digest}`));
      return Promise.resolve(ReadableStream.from([bytes]));
    },
  };
}
