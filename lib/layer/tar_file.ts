import { decompress } from "../stream/decompress.ts";
import { detect } from "../stream/detect.ts";
import { fileStream } from "./file_stream.ts";
import { keptForm, tarForm } from "./layer_form.ts";
import type { Layer } from "./layer.ts";
import type { LayerOptions } from "./layer_options.ts";
import { ReplayableLayer } from "./replayable_layer.ts";
import { SinglePassLayer } from "./single_pass_layer.ts";
import { tarFrom } from "./tar_start.ts";

/**
 * Makes a layer of a tar file. A file that is gzip or zstd already is kept byte for byte, and its
 * media type says what it is; then `compression` and `level` do not matter. A plain tar is
 * compressed.
 *
 * The file is opened for each pass and has to stay as it is.
 *
 * @throws {FileError} When there is no such file, or it cannot be read.
 * @throws {TarError} When it holds something else than a tar.
 * @throws {CompressionError} When it is compressed in a way that layers do not know.
 * @example
 * ```ts
 * import { layerFromTarFile } from "@davit/davit/layer";
 *
 * const path = await Deno.makeTempFile({ suffix: ".tar" });
 * await Deno.writeFile(path, new Uint8Array(1024));
 * const layer = await layerFromTarFile(path, { compression: "zstd" });
 * console.assert(layer.mediaType.endsWith("tar+zstd"));
 * await Deno.remove(path);
 * ```
 */
export async function layerFromTarFile(path: string, options: LayerOptions = {}): Promise<Layer> {
  const { compression, stream } = await detect(fileStream(path));
  const what = `the layer "${path}"`;
  const start = await tarFrom(decompress(stream, { compression, what }), what);
  await start.cancel();
  const form = compression === "none"
    ? tarForm(options)
    : keptForm(compression, { ...options, what });
  return new ReplayableLayer(() => fileStream(path), form);
}

/**
 * Makes a single-pass layer of a tar that arrives: standard input, a response. One that is gzip or
 * zstd already passes as it is; digest and diff ID are both learned on the way. A plain tar is
 * compressed. For the rest it is a `StreamLayer`.
 *
 * Only the first bytes are read before the layer is.
 *
 * @throws {TarError} When the stream holds something else than a tar; of a compressed one, through
 * the layer's stream.
 * @throws {CompressionError} When it is compressed in a way that layers do not know.
 * @example
 * ```ts
 * import { layerFromTarStream } from "@davit/davit/layer";
 *
 * const tar = ReadableStream.from([new Uint8Array(1024)]);
 * const sent = tar.pipeThrough(new CompressionStream("gzip"));
 * const layer = await layerFromTarStream(sent);
 * await layer.compressed().pipeTo(new WritableStream());
 * console.assert((await layer.diffId()).startsWith("sha256:5f70bf18"));
 * ```
 */
export async function layerFromTarStream(
  stream: ReadableStream<Uint8Array>,
  options: LayerOptions = {},
): Promise<Layer> {
  const detected = await detect(stream);
  if (detected.compression !== "none") {
    return new SinglePassLayer(detected.stream, keptForm(detected.compression, options));
  }
  return new SinglePassLayer(await tarFrom(detected.stream), tarForm(options));
}
