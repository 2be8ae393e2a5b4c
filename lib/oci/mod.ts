/**
 * The formats of container images as plain values: names, digests, descriptors, manifests,
 * indexes, configs, platforms, and edits of JSON that leave every other byte alone. Pure: nothing
 * here does I/O or asks for a permission.
 *
 * Text and bytes become values by a `parse…` function that checks them once; what it returned can
 * be trusted. A name or argument that is no such thing throws a `SyntaxError`, a document that
 * breaks its format throws a `DocumentError` which says what was expected where.
 *
 * @example
 * ```ts
 * import { digestBytes, parseConfig, parseReference, setJson } from "@davit/davit/oci";
 *
 * const { registry, repository, tag } = parseReference("ghcr.io/org/app:v1");
 * console.assert(`${registry}/${repository}:${tag}` === "ghcr.io/org/app:v1");
 *
 * const text = '{"os": "linux", "rootfs": {"type": "layers", "diff_ids": []}, "x": 1e400}';
 * const edited = setJson(text, ["config", "User"], "app"); // "x" stays as it is
 * const bytes = new TextEncoder().encode(edited);
 * console.assert(parseConfig(bytes).config?.User === "app");
 * console.assert((await digestBytes(bytes)).startsWith("sha256:"));
 * ```
 *
 * @module
 */

export * from "./annotations.ts";
export * from "./config.ts";
export { type Descriptor, parseDescriptor } from "./descriptor.ts";
export * from "./digest.ts";
export * from "./go_json.ts";
export * from "./image_index.ts";
export * from "./json.ts";
export * from "./json_layout.ts";
export * from "./json_items.ts";
export * from "./limits.ts";
export * from "./manifest.ts";
export * from "./media_type.ts";
export {
  formatPlatform,
  hostPlatform,
  normalizePlatform,
  parsePlatform,
  type Platform,
} from "./platform.ts";
export * from "./platform_match.ts";
export * from "./reference.ts";
export * from "./referrer.ts";
export * from "./schema1.ts";
export {
  DOCKER_HUB,
  type ParseNameOptions,
  parseRegistry,
  registryScheme,
} from "./registry_name.ts";
