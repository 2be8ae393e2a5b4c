import { YamlFile } from "../yaml/yaml_file.ts";
import { RegistryRules } from "./registry_rules.ts";

/**
 * Reads a registries' config: YAML, with a list of rules under `registries`. A mirror is a location,
 * or a mapping with more about it.
 *
 * @param text The file's content. @param path How messages name the file.
 * @throws {SpecError} When it is none: with line and column, and what was expected.
 * @example
 * ```ts
 * import { parseRegistries } from "@davit/davit/mirrors";
 *
 * const rules = await parseRegistries(`
 * registries:
 *   - prefix: docker.io
 *     mirrors: [mirror.example/hub, { location: "near.example:5000", insecure: true }]
 * `);
 * console.assert(rules.isInsecure("near.example:5000"));
 * ```
 */
export async function parseRegistries(
  text: string,
  path = "registries.yaml",
): Promise<RegistryRules> {
  const file = await YamlFile.parse(text, path);
  const { knownKeysOf, registriesSchema } = await import("./registries_schema.ts");
  const { value } = file;
  const parsed = registriesSchema.safeParse(value);
  if (parsed.success) return new RegistryRules(parsed.data.registries);
  const { describeIssue } = await import("../yaml/describe_issue.ts");
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw parsed.error;
  throw await file.refuse(describeIssue(value, issue, knownKeysOf));
}
