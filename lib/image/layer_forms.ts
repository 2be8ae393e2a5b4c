import type { Layer } from "../layer/layer.ts";
import { type Compression, compressionOf } from "../oci/media_type.ts";

/** The layer compressions a place understands, and the one it would have. */
export interface LayerForms {
  /** What is understood. */
  readonly compressions: readonly Compression[];
  /** What a layer that is not compressed yet becomes; as the layer says, when absent. */
  readonly prefers?: Compression;
}

/** Says whether a layer is settled in a form that a place understands, or is no tar at all. */
export function isFit({ mediaType, descriptor }: Layer, { compressions }: LayerForms): boolean {
  const compression = compressionOf(mediaType);
  return compression === undefined ||
    (descriptor !== undefined && compressions.includes(compression));
}
