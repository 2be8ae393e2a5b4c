import { DocumentError } from "../errors.ts";
import { parseConfig } from "../oci/config.ts";
import { jsonItemsAt } from "../oci/json.ts";

/** An entry of a history, with the layer it tells of. */
export interface HistoryText {
  /** The entry's exact JSON text. */
  readonly text: string;
  /** The layer's position, base first; absent for a step that made none. */
  readonly layer?: number;
}

/**
 * Reads the history of a config, entry by entry; none when there is no history.
 *
 * @param layers How many layers the image has.
 * @throws {DocumentError} When the history tells of more or fewer layers than there are.
 */
export function historyTexts(config: Uint8Array, layers: number): readonly HistoryText[] {
  const { history = [] } = parseConfig(config);
  if (history.length === 0) return [];
  const texts = jsonItemsAt(new TextDecoder().decode(config), ["history"]);
  let count = 0;
  const entries = texts.map((text, position) =>
    history[position]?.empty_layer === true ? { text } : { text, layer: count++ }
  );
  if (count === layers) return entries;
  throw new DocumentError(
    `Cannot read the history: expected entries for ${layers} layers, got them for ${count}`,
  );
}
