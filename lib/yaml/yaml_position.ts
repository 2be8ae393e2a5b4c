import { type Document, isMap, isNode, isScalar, type LineCounter } from "yaml";
import type { Explanation } from "./yaml_file.ts";

/**
 * Where in a file something is wrong, as `:LINE:COLUMN`. What is missing has no place: then it is
 * the nearest thing on the way to it, and of an empty file there is none.
 */
export function positionOf(
  document: Document,
  lines: LineCounter,
  { at, key }: Pick<Explanation, "at" | "key">,
): string {
  for (let length = at.length; length >= 0; length--) {
    const node: unknown = document.getIn(at.slice(0, length), true);
    const start = startOf(keyNode(node, key)) ?? startOf(node);
    if (start === undefined) continue;
    const { line, col } = lines.linePos(start);
    return `:${line}:${col}`;
  }
  return "";
}

function keyNode(node: unknown, key: string | undefined): unknown {
  if (key === undefined || !isMap(node)) return undefined;
  return node.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.key;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
