import { SpecError } from "../errors.ts";
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
  const { LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new SpecError(`Cannot read ${path}:${line}:${col}: ${broken.message}`);
  }
  const { buildSpecSchema } = await import("./schema.ts");
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  const parsed = buildSpecSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { explainIssue } = await import("./explain_issue.ts");
  const [explanation] = parsed.error.issues.map((issue) => explainIssue(value, issue));
  if (explanation === undefined) throw parsed.error;
  const { positionOf } = await import("./yaml_position.ts");
  const where = positionOf(document, lines, explanation);
  throw new SpecError(`Cannot use ${path}${where}: ${explanation.message}`);
}
