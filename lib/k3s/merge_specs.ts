import type { ClusterSpec } from "./spec.ts";

/**
 * Puts one spec over another: its single values win, its lists are added behind.
 *
 * @example
 * ```ts
 * import { mergeSpecs } from "@davit/davit/k3s";
 *
 * const spec = mergeSpecs({ servers: 1, ports: [{ port: "80:80" }] }, {
 *   servers: 3,
 *   ports: [{ port: "443:443" }],
 * });
 * console.assert(spec.servers === 3 && spec.ports?.length === 2);
 * ```
 */
export function mergeSpecs(base: ClusterSpec, over: ClusterSpec): ClusterSpec {
  return merge(base, over) as ClusterSpec;
}

function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (Array.isArray(base) && Array.isArray(over)) return [...base, ...over];
  if (!isFields(base) || !isFields(over)) return over;
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, merge(base[key], over[key])]));
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
