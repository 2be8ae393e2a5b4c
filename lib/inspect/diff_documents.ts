import { parseJson } from "../oci/json.ts";

/** A value of a document that one of two has, or that differs. */
export interface FieldChange {
  /** The way to it, with names and keys: `config.Env.PATH`. */
  readonly field: string;
  /** The value in A; absent where A has none. */
  readonly before?: unknown;
  /** The value in B; absent where B has none. */
  readonly after?: unknown;
}

/** Says of a field whether it is told elsewhere. */
export type IsToldElsewhere = (field: string) => boolean;

/**
 * Compares two JSON documents value by value. Variables of an environment are told by their name,
 * layers by their position from 1, other lists as a whole.
 */
export function diffDocuments(
  a: Uint8Array,
  b: Uint8Array,
  isToldElsewhere: IsToldElsewhere = () => false,
): readonly FieldChange[] {
  const [before, after] = [flatten(parseJson(a)), flatten(parseJson(b))];
  const fields = [...new Set([...before.keys(), ...after.keys()])].sort();
  return fields.flatMap((field) => {
    const [one, other] = [before.get(field), after.get(field)];
    if (isToldElsewhere(field) || JSON.stringify(one) === JSON.stringify(other)) return [];
    return [{
      field,
      ...(before.has(field) ? { before: one } : {}),
      ...(after.has(field) ? { after: other } : {}),
    }];
  });
}

/** Objects that mean nothing when they are empty. */
const CONTAINERS = /(?:^|\.)(?:config|container_config|Labels|Volumes|ExposedPorts|annotations)$/;

function flatten(value: unknown, path = "", found = new Map<string, unknown>()) {
  if (path.endsWith("Env") && Array.isArray(value)) {
    for (const variable of value) {
      const [name = "", ...rest] = String(variable).split("=");
      found.set(`${path}.${name}`, rest.join("="));
    }
  } else if (path === "layers" && Array.isArray(value)) {
    for (const [position, inner] of value.entries()) {
      flatten(inner, `${path}.${position + 1}`, found);
    }
  } else if (isObject(value) && (path === "" || Object.keys(value).length > 0)) {
    for (const [name, inner] of Object.entries(value)) {
      flatten(inner, path === "" ? name : `${path}.${name}`, found);
    }
  } else if (value !== null && !(isObject(value) && CONTAINERS.test(path))) {
    found.set(path, value);
  }
  return found;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
