import type { z } from "zod";
import { knownKeysOf, LAYER_KEYS, layerSchemaFor } from "./schema.ts";

type Issue = z.core.$ZodIssue;

/** What is wrong with a build file, and where. */
export interface Explanation {
  /** The way to the value that is wrong. */
  readonly at: readonly PropertyKey[];
  /** The key that is wrong there, when it is not the value. */
  readonly key?: string;
  /** What was expected, and what stands there. */
  readonly message: string;
}

/** Says what is wrong with a value; with a layer, against the kind of layer that was meant. */
export function explainIssue(value: unknown, issue: Issue): Explanation {
  const { path, code } = issue;
  if (code === "invalid_union" && path.length === 2 && path[0] === "layers") {
    const layer = valueAt(value, path);
    const [inner] = layerSchemaFor(keysOf(layer))?.safeParse(layer).error?.issues ?? [];
    if (inner !== undefined) {
      return explainIssue(value, { ...inner, path: [...path, ...inner.path] });
    }
    return { at: path, message: `expected a layer: ${LAYER_KEYS.join(", ")}` };
  }
  const where = path.length === 0 ? "" : `"${path.map(String).join(".")}": `;
  if (code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const known = knownKeysOf(path, keysOf(valueAt(value, path)));
    const message = `${where}there is no key "${key}" here, but ${known.join(", ")}`;
    return { at: path, key, message };
  }
  return { at: path, message: `${where}${problemOf(issue, valueAt(value, path))}` };
}

function problemOf(issue: Issue, got: unknown): string {
  if (issue.code === "invalid_type") return wrongType([issue.expected], got);
  if (issue.code === "invalid_union") {
    const first = issue.errors.flatMap(([branch]) => branch === undefined ? [] : [branch]);
    const types = first.flatMap((branch) =>
      branch.code === "invalid_type" && branch.path.length === 0 ? [branch.expected] : []
    );
    const other = first.find(({ code }) => code !== "invalid_type");
    return other === undefined ? wrongType(types, got) : problemOf(other, got);
  }
  const { message } = issue.code === "invalid_key" ? issue.issues[0] ?? issue : issue;
  return message.replace(/^Invalid input: /, "");
}

/** The words of YAML for the types of a schema. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  null: "nothing",
  number: "a number",
  object: "a mapping",
  record: "a mapping",
  string: "a string",
  undefined: "nothing",
};

function wrongType(expected: readonly string[], got: unknown): string {
  const type = got === null ? "null" : Array.isArray(got) ? "array" : typeof got;
  const names = [...new Set(expected.map((name) => TYPE_NAMES[name] ?? name))].join(" or ");
  return `expected ${names}, got ${TYPE_NAMES[type] ?? type}${remedy(expected, type)}`;
}

function remedy(expected: readonly string[], type: string): string {
  const isScalar = type === "number" || type === "boolean";
  if (isScalar && expected.includes("string")) return "; put it in quotes";
  return type === "string" && expected.includes("array") ? "; put it in brackets" : "";
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined,
    value,
  );
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}
