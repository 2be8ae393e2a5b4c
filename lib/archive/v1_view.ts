import type { Digest } from "../oci/digest.ts";
import { encodeGoJson } from "../oci/go_json.ts";
import { composeImage } from "../image/compose_image.ts";
import type { Image } from "../image/image.ts";
import type { Layer } from "../layer/layer.ts";
import { drain } from "../layer/drain.ts";
import { decompress } from "../stream/decompress.ts";
import { measure } from "../stream/measure.ts";
import type { ArchivedFile, ArchiveFiles } from "./archive_files.ts";
import { formatGoMap, formatGoStruct, formatGoText } from "./go_object.ts";
import { formatGoTime } from "./go_time.ts";
import { isJsonObject, type JsonObject } from "./json_object.ts";
import { openSavedLayer } from "./saved_layer.ts";
import { readV1Chain } from "./v1_chain.ts";

/** Members of a v1 `json` that tell of the layer, not of the image. */
const LAYER_MEMBERS: ReadonlySet<string> = new Set([
  "id",
  "parent",
  "Size",
  "parent_id",
  "layer_id",
  "throwaway",
]);

/**
 * Opens an image of an archive from before Docker 1.10, which has no config. It is made from the
 * layers' `json` files the way Docker makes it, so that the image's ID is Docker's (except for what
 * a Docker before 1.8.3 saved, whose `json` files Docker writes anew).
 *
 * The layers are read through, for nothing tells their diff IDs.
 *
 * @param top The ID of the top layer.
 */
export async function openV1Image(files: ArchiveFiles, top: string): Promise<Image> {
  const chain = await readV1Chain(files, top);
  const diffIds: Digest[] = [];
  const layers: Layer[] = [];
  for (const { tar } of chain) {
    const diffId = await diffIdOf(tar);
    diffIds.push(diffId);
    layers.push(await openSavedLayer(tar, diffId));
  }
  const config = encodeConfig(chain.map(({ json }) => json), diffIds);
  return composeImage({ config, layers, family: "docker" });
}

async function diffIdOf(tar: ArchivedFile): Promise<Digest> {
  const { stream, done } = measure(decompress(tar.open(), { what: `"${tar.path}"` }));
  await drain(stream);
  return (await done).digest;
}

/** The config as Docker makes it: the top layer's members, sorted, with `rootfs` and `history`. */
function encodeConfig(jsons: readonly JsonObject[], diffIds: readonly Digest[]): Uint8Array {
  const kept = Object.entries(jsons.at(-1) ?? {}).filter(([name]) => !LAYER_MEMBERS.has(name));
  const members = new Map(kept.map(([name, value]) => [name, encodeGoJson(value)]));
  members.set("rootfs", encodeGoJson({ type: "layers", diff_ids: diffIds }));
  members.set("history", `[${jsons.map(formatHistory).join(",")}]`);
  return new TextEncoder().encode(formatGoMap(members));
}

function formatHistory(json: JsonObject): string {
  const { created, author, comment, container_config: container } = json;
  const command = isJsonObject(container) && Array.isArray(container["Cmd"])
    ? container["Cmd"].join(" ")
    : "";
  return formatGoStruct([
    ["created", encodeGoJson(formatGoTime(created))],
    ["author", formatGoText(author)],
    ["created_by", formatGoText(command)],
    ["comment", formatGoText(comment)],
  ]);
}
