import type { z } from "zod";
import { describeIssue, keysOf, valueAt } from "../yaml/describe_issue.ts";
import { type Explanation, YamlFile } from "../yaml/yaml_file.ts";
import type { SyncSpec } from "./sync_spec.ts";

/**
 * Reads a sync file: YAML, or JSON, which is YAML too.
 *
 * @param text The file's content. @param path How messages name the file.
 * @throws {SpecError} When it is none: with line and column, and what was expected.
 * @example
 * ```ts
 * import { parseSync } from "@davit/davit/sync";
 *
 * const { sync } = await parseSync(`
 * sync:
 *   - repository: registry.example/app
 *     to: mirror.example/app
 *     tags: { semver: ">=1.2 <3", latest: 5 }
 * `);
 * console.assert(sync.length === 1);
 * ```
 */
export async function parseSync(text: string, path = "sync.yaml"): Promise<SyncSpec> {
  const file = await YamlFile.parse(text, path);
  const schema = await import("./sync_schema.ts");
  const { value } = file;
  const parsed = schema.syncSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [explanation] = parsed.error.issues.map((issue) => explain(value, issue, schema));
  throw explanation === undefined ? parsed.error : await file.refuse(explanation);
}

/** The JSON Schema of a sync file, for editors: `davit sync --schema` prints it. */
export async function syncJsonSchema(): Promise<Record<string, unknown>> {
  const { toJsonSchema } = await import("./sync_schema.ts");
  return toJsonSchema();
}

/** Says what is wrong; of an entry, against the kind of entry that was meant. */
function explain(
  value: unknown,
  issue: z.core.$ZodIssue,
  schema: typeof import("./sync_schema.ts"),
): Explanation {
  const { path, code } = issue;
  if (code !== "invalid_union" || path.length !== 2 || path[0] !== "sync") {
    return describeIssue(value, issue, schema.knownKeysOf);
  }
  const entry = valueAt(value, path);
  const [inner] = schema.entrySchemaFor(keysOf(entry))?.safeParse(entry).error?.issues ?? [];
  if (inner === undefined) {
    return { at: path, message: `expected an entry with one of ${schema.ENTRY_KEYS.join(", ")}` };
  }
  const outer = { ...inner, path: [...path, ...inner.path] };
  return describeIssue(value, outer, schema.knownKeysOf);
}
