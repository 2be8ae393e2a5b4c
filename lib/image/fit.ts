import type { Layer } from "../layer/layer.ts";
import { RecompressedLayer } from "../layer/recompressed_layer.ts";
import { type Compression, compressionOf } from "../oci/media_type.ts";
import { UnsupportedError } from "../errors.ts";
import { isFit, type LayerForms } from "./layer_forms.ts";

/**
 * The layer in a form that a place understands: as it is where it can be read there, else the same
 * tar compressed anew.
 *
 * @throws {UnsupportedError} When a place understands no form at all.
 */
export function fitLayer(layer: Layer, forms: LayerForms): Layer {
  const compression = compressionOf(layer.mediaType);
  if (compression === undefined || isFit(layer, forms)) return layer;
  const { compressions, prefers } = forms;
  const wanted = chooseForm(compression, compressions, layer.descriptor ? undefined : prefers);
  return wanted === compression ? layer : new RecompressedLayer(layer, { compression: wanted });
}

function chooseForm(
  current: Compression,
  compressions: readonly Compression[],
  preferred: Compression | undefined,
): Compression {
  if (preferred !== undefined) return preferred;
  if (compressions.includes(current)) return current;
  const [first] = compressions;
  if (first !== undefined) return first;
  throw new UnsupportedError(
    `Cannot store a layer: expected a place that takes tar layers, got one that takes none`,
  );
}
