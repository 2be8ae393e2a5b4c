/** Reads a variable of the environment; `undefined` when it is not set. */
export type ReadVariable = (name: string) => string | undefined;

const VARIABLE_REGEXP =
  /\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?])([^}]*))?\})/g;

/**
 * Replaces variables in text: `$NAME`, `${NAME}`, `${NAME:-FALLBACK}`, and `${NAME:?COMPLAINT}` for
 * one that must be set. A variable that is not set is empty, `$$` is a dollar.
 *
 * @throws {RangeError} For a variable that must be set and is not.
 * @example
 * ```ts
 * import { expandText } from "@davit/davit/k3s";
 *
 * console.assert(expandText("${TAG:-v1} costs $$5", () => undefined) === "v1 costs $5");
 * ```
 */
export function expandText(text: string, read: ReadVariable): string {
  return text.replace(VARIABLE_REGEXP, (_all, dollar, plain, braced, operator, operand = "") => {
    if (dollar !== undefined) return "$";
    const name: string = plain ?? braced;
    const value = read(name);
    const isMissing = value === undefined || (operator?.startsWith(":") && value === "");
    if (!isMissing) return value ?? "";
    if (operator?.endsWith("?")) {
      throw new RangeError(`variable "${name}" is not set${operand === "" ? "" : `: ${operand}`}`);
    }
    return operator?.endsWith("-") ? operand : "";
  });
}
