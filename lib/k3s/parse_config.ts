import { YamlFile } from "../yaml/yaml_file.ts";
import { expandText, type ReadVariable } from "./expand_variables.ts";
import { CONFIG_VERSIONS, migrateConfig } from "./migrate_config.ts";
import type { ClusterSpec } from "./spec.ts";

/** Options of {@linkcode parseClusterConfig}. */
export interface ParseConfigOptions {
  /** How messages name the file; `the config` unless said. */
  readonly path?: string;
  /** Reads the variables that the file names; none is set unless said. */
  readonly env?: ReadVariable;
}

/**
 * Reads a config file of k3d: `k3d.io/v1alpha5`, kind `Simple`, or one of the versions since
 * `v1alpha2`. Variables in its values are replaced.
 *
 * @throws {SpecError} For what is no YAML or no config: with line, column, what was expected and what
 * stands there.
 * @example
 * ```ts
 * import { parseClusterConfig } from "@davit/davit/k3s";
 *
 * const spec = await parseClusterConfig(`
 * apiVersion: k3d.io/v1alpha5
 * kind: Simple
 * metadata: { name: dev }
 * agents: 2
 * `);
 * console.assert(spec.name === "dev" && spec.agents === 2);
 * ```
 */
export async function parseClusterConfig(
  text: string,
  options: ParseConfigOptions = {},
): Promise<ClusterSpec> {
  const { path = "the config", env = () => undefined } = options;
  const file = await YamlFile.parse(text, path);
  await file.mapText((value) => expandText(value, env));
  const { value } = file;
  const version = Reflect.get(Object(value), "apiVersion");
  if (!CONFIG_VERSIONS.includes(version)) {
    const message = `expected apiVersion ${CONFIG_VERSIONS.toReversed().join(", ")}, got ` +
      `${version === undefined ? "none" : `"${version}"`}`;
    throw await file.refuse({ at: ["apiVersion"], message });
  }
  const { configSchema, knownKeysOf } = await import("./config_schema.ts");
  const migrated = migrateConfig(value);
  const parsed = configSchema.safeParse(migrated);
  if (parsed.success) {
    const { apiVersion: _version, kind: _kind, metadata = {}, ...spec } = parsed.data;
    return { ...spec, ...metadata };
  }
  const { describeIssue } = await import("../yaml/describe_issue.ts");
  const [explanation] = parsed.error.issues.map((issue) =>
    describeIssue(migrated, issue, knownKeysOf)
  );
  throw explanation === undefined ? parsed.error : await file.refuse(explanation);
}

/** The JSON Schema of a config file, for editors. */
export async function clusterConfigSchema(): Promise<Record<string, unknown>> {
  const { configJsonSchema } = await import("./config_schema.ts");
  return configJsonSchema();
}
