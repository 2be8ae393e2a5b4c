import { YamlFile } from "../yaml/yaml_file.ts";
import type { BuildSpec } from "./spec.ts";

/**
 * Reads a build file: YAML, or JSON, which is YAML too.
 *
 * @param text The file's content. @param path How messages name the file.
 * @throws {SpecError} For what is no YAML or no build file: it names file, line, column, what was
 * expected and what stands there.
 * @example
 * ```ts
 * import { parseSpec } from "@davit/davit/compose";
 *
 * const spec = await parseSpec("from: scratch\nlayers:\n- files: { etc/motd: ahoy }\n");
 * console.assert(spec.layers?.length === 1);
 * ```
 */
export async function parseSpec(text: string, path = "davit.yaml"): Promise<BuildSpec> {
  const file = await YamlFile.parse(text, path);
  const { buildSpecSchema } = await import("./schema.ts");
  const { value } = file;
  const parsed = buildSpecSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { explainIssue } = await import("./explain_issue.ts");
  const [explanation] = parsed.error.issues.map((issue) => explainIssue(value, issue));
  throw explanation === undefined ? parsed.error : await file.refuse(explanation);
}
