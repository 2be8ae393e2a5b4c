import type { z } from "zod";
import { describeIssue, keysOf, valueAt } from "../yaml/describe_issue.ts";
import type { Explanation } from "../yaml/yaml_file.ts";
import { knownKeysOf, LAYER_KEYS, layerSchemaFor } from "./schema.ts";

/** Says what is wrong with a value; with a layer, against the kind of layer that was meant. */
export function explainIssue(value: unknown, issue: z.core.$ZodIssue): Explanation {
  const { path, code } = issue;
  if (code === "invalid_union" && path.length === 2 && path[0] === "layers") {
    const layer = valueAt(value, path);
    const [inner] = layerSchemaFor(keysOf(layer))?.safeParse(layer).error?.issues ?? [];
    if (inner !== undefined) {
      return explainIssue(value, { ...inner, path: [...path, ...inner.path] });
    }
    return { at: path, message: `expected a layer: ${LAYER_KEYS.join(", ")}` };
  }
  return describeIssue(value, issue, knownKeysOf);
}
