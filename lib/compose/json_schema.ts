/**
 * The JSON Schema of a build file, for editors: `davit build --schema` prints it.
 *
 * @example
 * ```ts
 * import { specJsonSchema } from "@davit/davit/compose";
 *
 * const schema = await specJsonSchema();
 * console.assert(schema["type"] === "object");
 * ```
 */
export async function specJsonSchema(): Promise<Record<string, unknown>> {
  const { buildSpecJsonSchema } = await import("./schema.ts");
  return buildSpecJsonSchema();
}
