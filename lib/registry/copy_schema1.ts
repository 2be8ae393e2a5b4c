import { BlobLayer } from "../layer/blob_layer.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { isSchema1Type } from "../oci/media_type.ts";
import { parseSchema1Layers } from "../oci/schema1.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { bytesContent, layerContent } from "../store/content.ts";
import type { OnCopyEvent } from "../store/events.ts";
import { Permits } from "../store/permits.ts";
import { Transfers } from "../store/transfer.ts";
import type { Repository } from "./repository.ts";

/** Options of {@linkcode copySchema1}. */
export interface CopySchema1Options extends CallOptions {
  /** What the copy is called; by its digest alone when empty, which is the default. */
  readonly names?: readonly string[];
  /** How much is done at once; 4 unless said. */
  readonly jobs?: number;
  /** Hears what happens. */
  readonly onEvent?: OnCopyEvent;
}

/**
 * Copies a Docker schema 1 manifest, which nothing else here reads, as it is: its blobs, then its
 * exact bytes, signatures included. Only registries hold such; many take none any more.
 *
 * @returns The manifest's descriptor; `undefined` when the name stands for another form, and nothing
 * was copied.
 */
export async function copySchema1(
  source: Repository,
  name: string,
  destination: Repository,
  options: CopySchema1Options = {},
): Promise<Descriptor | undefined> {
  const { names = [], jobs = 4, onEvent, signal } = options;
  const { descriptor, bytes } = await source.manifest(name, options);
  if (!isSchema1Type(descriptor.mediaType)) return undefined;
  const failure = new AbortController();
  const ends = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
  const transfers = new Transfers(destination, new Permits(jobs), { signal: ends, onEvent });
  try {
    await Promise.all(
      parseSchema1Layers(bytes).map(async (digest) => {
        const blob = await transfers.read(() => source.resolveBlob(digest, { signal: ends }));
        await transfers.send(layerContent(new BlobLayer({ descriptor: blob, origin: source })));
      }),
    );
    await transfers.send(bytesContent(bytes, descriptor), names);
  } catch (error) {
    failure.abort(error);
    await transfers.settle();
    throw error;
  }
  onEvent?.({ kind: "root", descriptor, names });
  return descriptor;
}
