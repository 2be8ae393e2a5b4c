/**
 * YAML files that people write, and what is wrong with them: said with line and column.
 *
 * @example
 * ```ts
 * import { YamlFile } from "@davit/davit/yaml";
 *
 * const file = await YamlFile.parse("from: scratch\n", "davit.yaml");
 * const error = await file.refuse({ at: ["from"], message: "expected another base" });
 * console.assert(error.message === "Cannot use davit.yaml:1:7: expected another base");
 * ```
 *
 * @module
 */

export * from "./yaml_file.ts";
