import type { LayerOptions } from "./layer_options.ts";
import { tarForm } from "./layer_form.ts";
import { type OpenSource, ReplayableLayer } from "./replayable_layer.ts";

/**
 * A layer from a tar that opens again and again: a file, a directory, bytes in memory.
 *
 * Digest, diff ID and size are learned from the first full pass, whoever asked for it; when they are
 * asked for first, the layer reads itself through, once for all who ask.
 *
 * @example
 * ```ts
 * import { TarLayer } from "@davit/davit/layer";
 *
 * const layer = new TarLayer(() => ReadableStream.from([new Uint8Array(1024)]));
 * console.assert((await layer.diffId()).startsWith("sha256:5f70bf18"));
 * ```
 */
export class TarLayer extends ReplayableLayer {
  /**
   * Opens nothing yet.
   *
   * @param openTar Opens the uncompressed tar.
   * @param options How it becomes a layer.
   * @throws {RangeError | UnsupportedError} When nothing compresses as they say.
   */
  constructor(openTar: OpenSource, options: LayerOptions = {}) {
    super(openTar, tarForm(options));
  }
}
