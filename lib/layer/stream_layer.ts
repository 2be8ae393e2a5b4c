import type { LayerOptions } from "./layer_options.ts";
import { tarForm } from "./layer_form.ts";
import { SinglePassLayer } from "./single_pass_layer.ts";

/**
 * A layer from a tar that can be read once: it is hashed, compressed and hashed again on its way,
 * and nothing of it is kept.
 *
 * Until the bytes have passed, `digest()`, `diffId()` and `size()` reject with `NotComputedError`. A
 * second `compressed()` or `uncompressed()` throws `ConsumedError`. When the source fails or the
 * reader cancels before the end, they reject with that very cause from then on.
 *
 * The source is read at the reader's pace, and as it is: what it holds is not looked at.
 *
 * @example
 * ```ts
 * import { StreamLayer } from "@davit/davit/layer";
 *
 * const tar = ReadableStream.from([new Uint8Array(1024)]);
 * const layer = new StreamLayer(tar, { level: 1 });
 * await layer.compressed().pipeTo(new WritableStream()); // a registry, a file …
 * console.assert((await layer.diffId()).startsWith("sha256:5f70bf18"));
 * console.assert(layer.descriptor?.size === await layer.size());
 * ```
 */
export class StreamLayer extends SinglePassLayer {
  /**
   * Takes the source over; nothing is read yet.
   *
   * @param source The uncompressed tar.
   * @param options How it becomes a layer.
   * @throws {TypeError} When somebody reads the source already.
   * @throws {RangeError | UnsupportedError} When nothing compresses as the options say; the source
   * is left alone.
   */
  constructor(source: ReadableStream<Uint8Array>, options: LayerOptions = {}) {
    super(source, tarForm(options));
  }
}
