import { MAX_CONFIG_BYTES, MAX_LAYERS } from "../oci/limits.ts";
import { parseJson } from "../oci/json.ts";
import { DocumentError, LimitExceededError, NotFoundError } from "../errors.ts";
import type { ArchivedFile, ArchiveFiles } from "./archive_files.ts";
import { isJsonObject, type JsonObject } from "./json_object.ts";

/** A layer of the format v1 in an archive. */
export interface V1Link {
  /** What its `json` says. */
  readonly json: JsonObject;
  /** Its tar. */
  readonly tar: ArchivedFile;
}

/**
 * Follows an image of the format v1 from its top layer down.
 *
 * @returns The layers, base first.
 * @throws {NotFoundError} When a layer's file is not there.
 * @throws {DocumentError} When a `json` breaks its format, or a layer lies below itself.
 */
export async function readV1Chain(files: ArchiveFiles, top: string): Promise<V1Link[]> {
  const chain: V1Link[] = [];
  const seen = new Set<string>();
  for (let id: unknown = top; typeof id === "string" && id !== "";) {
    if (seen.has(id)) {
      throw new DocumentError(
        `Cannot read image "${top}" in ${files.label}: expected a chain of layers, got layer ` +
          `"${id}" below itself`,
      );
    }
    if (seen.add(id).size > MAX_LAYERS) {
      throw new LimitExceededError("the layers of an image", MAX_LAYERS);
    }
    const json = await readV1Json(files, id);
    chain.unshift({ json, tar: await files.file(`${id}/layer.tar`, "layer") });
    id = json["parent"];
  }
  return chain;
}

async function readV1Json(files: ArchiveFiles, id: string): Promise<JsonObject> {
  const path = `${id}/json`;
  const bytes = await files.bytes(path, { what: path, maxBytes: MAX_CONFIG_BYTES });
  if (bytes === undefined) throw new NotFoundError("layer", path, files.label);
  const json = parseJson(bytes, `"${path}" in ${files.label}`);
  if (isJsonObject(json)) return json;
  throw new DocumentError(`Cannot read "${path}" in ${files.label}: expected an object`);
}
