import { parseClusterConfig } from "./parse_config.ts";
import { migrateConfig } from "./migrate_config.ts";

/**
 * Brings the text of a config file to today's version. Variables in it stay variables.
 *
 * @param path How messages name the file.
 * @throws {SpecError} When it is no config: with line and column.
 * @example
 * ```ts
 * import { migrateFile } from "@davit/davit/k3s";
 *
 * const text = await migrateFile("apiVersion: k3d.io/v1alpha3\nkind: Simple\nname: dev\n");
 * console.assert(text.includes("metadata:\n  name: dev\n"));
 * ```
 */
export async function migrateFile(text: string, path = "the config"): Promise<string> {
  await parseClusterConfig(text, { path, env: (name) => `$${name}` });
  const { parse, stringify } = await import("yaml");
  return stringify(migrateConfig(parse(text)), { lineWidth: 0 });
}
