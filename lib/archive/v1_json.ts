import type { History } from "../oci/config.ts";
import { encodeGoJson } from "../oci/go_json.ts";
import { formatGoStruct, formatGoText } from "./go_object.ts";
import { formatGoTime } from "./go_time.ts";
import type { JsonObject } from "./json_object.ts";
import { formatV1Config } from "./v1_config.ts";

/** One layer of Docker's image format v1. */
export interface V1Layer {
  /** The layer's own ID. */
  readonly id: string;
  /** The ID of the layer below; empty for the lowest. */
  readonly parent: string;
  /** How the layer came to be. */
  readonly history: History;
  /** The image's config as it was parsed, for the top layer only. */
  readonly image?: JsonObject;
}

/** What every v1 layer says of its root filesystem: the format is older than the field. */
const NO_ROOTFS = '{"type":"","diff_ids":null}';

/**
 * Writes the `json` file of a v1 layer as go-containerregistry does. Only the top layer tells of
 * the image: what it runs on, how, and when it was made.
 */
export function formatV1Json({ id, parent, history, image }: V1Layer): string {
  const { architecture, container, docker_version: dockerVersion, os, config } = image ?? {};
  const { created } = image ?? history;
  const { author, comment, created_by: createdBy = "" } = history;
  return formatGoStruct([
    ["architecture", encodeGoJson(architecture ?? "")],
    ["author", formatGoText(author)],
    ["container", formatGoText(container)],
    ["created", encodeGoJson(formatGoTime(created))],
    ["docker_version", formatGoText(dockerVersion)],
    ["os", encodeGoJson(os ?? "")],
    ["rootfs", NO_ROOTFS],
    ["config", formatV1Config(config)],
    ["container_config", formatGoStruct([["Cmd", encodeGoJson([createdBy])]])],
    ["id", encodeGoJson(id)],
    ["parent", formatGoText(parent)],
    ["comment", formatGoText(comment)],
  ]);
}
