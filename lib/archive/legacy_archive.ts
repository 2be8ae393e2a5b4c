import type { Destination } from "../store/store.ts";
import { ArchiveWriter } from "./archive_writer.ts";
import { LEGACY_FORM } from "./legacy_form.ts";
import { type ArchiveTarget, labelOf, openOutput } from "./open_output.ts";

/**
 * Creates an archive as `docker save` wrote it before Docker 25: a directory for each layer with
 * `layer.tar`, `json` and `VERSION`, then `manifest.json` and `repositories`. Byte for byte what
 * go-containerregistry writes, except that every name has a tag.
 *
 * Names are references; one by digest alone leaves its image without a name. All of it waits in a
 * temporary file, with the layers decompressed, until `commit()`.
 *
 * `commit()` throws `UnsupportedError` for an image without layers, which the format cannot say,
 * and `DocumentError` when the config's history does not match the layers.
 *
 * @param target The path of a file, which appears at `commit()`, or a stream, which is closed then.
 * @throws {FileError} When no file can be made there.
 * @example
 * ```ts
 * import { createLegacyArchive } from "@davit/davit/archive";
 * import { appendLayers, emptyImage } from "@davit/davit/image";
 * import { layerFromEntries } from "@davit/davit/layer";
 * import { copy } from "@davit/davit/store";
 *
 * const path = await Deno.makeTempFile({ suffix: ".tar" });
 * const image = appendLayers(emptyImage(), [layerFromEntries([{ path: "a", content: "a" }])]);
 * await using archive = await createLegacyArchive(path);
 * await copy(image, archive, { names: ["example/app:v1"] });
 * await archive.commit();
 * await Deno.remove(path);
 * ```
 */
export async function createLegacyArchive(target: ArchiveTarget): Promise<Destination> {
  const output = await openOutput(target, LEGACY_FORM);
  return new ArchiveWriter(labelOf("docker-legacy", target), LEGACY_FORM, output);
}
