import type { z } from "zod";
import type { Explanation } from "./yaml_file.ts";

type Issue = z.core.$ZodIssue;

/** Tells the keys that a mapping may have. @param path The way to it. @param keys Those it has. */
export type KnownKeys = (
  path: readonly PropertyKey[],
  keys: readonly string[],
) => readonly string[];

/** Says what is wrong with a value, in the words of YAML. */
export function describeIssue(value: unknown, issue: Issue, knownKeys: KnownKeys): Explanation {
  const { path, code } = issue;
  const where = path.length === 0 ? "" : `"${path.map(String).join(".")}": `;
  if (code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const known = knownKeys(path, keysOf(valueAt(value, path)));
    return {
      at: path,
      key,
      message: `${where}there is no key "${key}" here, but ${known.join(", ")}`,
    };
  }
  const inner = code === "invalid_union" ? innerIssue(issue) : undefined;
  if (inner !== undefined) {
    return describeIssue(value, { ...inner, path: [...path, ...inner.path] }, knownKeys);
  }
  return { at: path, message: `${where}${problemOf(issue, valueAt(value, path))}` };
}

/** What is wrong in the branch of a union that the value is of; nothing when it is of none. */
function innerIssue({ errors }: z.core.$ZodIssueInvalidUnion): Issue | undefined {
  return errors.flatMap(([first]) => first === undefined ? [] : [first])
    .find(({ code, path }) => code !== "invalid_type" || path.length > 0);
}

function problemOf(issue: Issue, got: unknown): string {
  if (issue.code === "invalid_type") return wrongType([issue.expected], got);
  if (issue.code === "invalid_union") {
    const types = issue.errors.flatMap(([first]) =>
      first?.code === "invalid_type" ? [first.expected] : []
    );
    return wrongType(types, got);
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

/** What stands at the end of a way; `undefined` where it leads to nothing. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined,
    value,
  );
}

/** The keys of a mapping; none of anything else. */
export function keysOf(value: unknown): readonly string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}
