import type { z } from "zod";
import type { Document, LineCounter } from "yaml";
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
  const { at, message } = await explain(value, parsed.error);
  throw new SpecError(`Cannot use ${path}${position(document, lines, at)}: ${message}`);
}

interface Explanation {
  readonly at: readonly PropertyKey[];
  readonly message: string;
}

/** Says what is wrong; of a layer, against the kind of layer that was meant. */
async function explain(value: unknown, error: z.ZodError): Promise<Explanation> {
  const { LAYER_KEYS, layerSchemaFor } = await import("./schema.ts");
  const [issue] = error.issues;
  if (issue === undefined) return { at: [], message: error.message };
  const { path, code } = issue;
  if (code === "invalid_union" && path.length === 2 && path[0] === "layers") {
    const layer = valueAt(value, path);
    const keys = typeof layer === "object" && layer !== null ? Object.keys(layer) : [];
    const [inner] = layerSchemaFor(keys)?.safeParse(layer).error?.issues ?? [];
    if (inner !== undefined) return spelled(inner, [...path, ...inner.path]);
    return { at: path, message: `expected a layer: ${LAYER_KEYS.join(", ")}` };
  }
  return spelled(issue, path);
}

function spelled(issue: z.core.$ZodIssue, path: readonly PropertyKey[]): Explanation {
  const where = path.length === 0 ? "" : `"${path.map(String).join(".")}": `;
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return { at: [...path, key], message: `${where}there is no key "${key}" here` };
  }
  const { message: text } = issue.code === "invalid_key" ? issue.issues[0] ?? issue : issue;
  const message = text.replace(/^Invalid input: /, "");
  return { at: path, message: `${where}${message}` };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => at === null || typeof at !== "object" ? undefined : Reflect.get(at, key),
    value,
  );
}

/** Finds the nearest thing in the file on the way to a path: what is missing has no place. */
function position(document: Document, lines: LineCounter, path: readonly PropertyKey[]): string {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = typeof node === "object" && node !== null ? Reflect.get(node, "range") : null;
    if (!Array.isArray(range)) continue;
    const { line, col } = lines.linePos(Number(range[0]));
    return `:${line}:${col}`;
  }
  return "";
}
