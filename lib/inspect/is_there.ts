import { NotFoundError } from "../errors.ts";
import type { CallOptions, ContentSource } from "../layer/content_source.ts";
import type { Layer } from "../layer/layer.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { isNondistributable } from "../oci/media_type.ts";
import type { LayerCheck } from "./check_layer.ts";

/** A place that can tell whether it has content without giving it. */
interface Knowing extends ContentSource {
  has(descriptor: Descriptor, options?: CallOptions): Promise<boolean>;
}

/** Looks whether a layer is there, without reading it. */
export async function isThere(
  layer: Layer,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<LayerCheck> {
  const { descriptor, origin, mediaType } = layer;
  if (descriptor === undefined || origin === undefined) return { faults: [] };
  const options = signal === undefined ? {} : { signal };
  if (await has(origin, descriptor, options)) return { faults: [] };
  const message = `Cannot find blob "${descriptor.digest}"`;
  if (isNondistributable(mediaType) && descriptor.urls !== undefined) {
    return { faults: [{ check: "elsewhere", severity: "warning", message }] };
  }
  return { faults: [{ check: "missing", severity: "error", message }] };
}

async function has(
  origin: ContentSource,
  descriptor: Descriptor,
  options: CallOptions,
): Promise<boolean> {
  if (isKnowing(origin)) return await origin.has(descriptor, options);
  try {
    await (await origin.fetch(descriptor, options)).cancel();
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

function isKnowing(origin: ContentSource): origin is Knowing {
  return "has" in origin && typeof origin.has === "function";
}
