/** The way to a value in a JSON document: names of members and positions in arrays. */
export type JsonPath = readonly (string | number)[];

/** The path of the document itself. */
export const JSON_ROOT = "$";

const MAX_SHOWN = 60;
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** One step further down a formatted path: `$.layers`, `$.layers[0]`, `$["os.version"]`. */
export function joinJsonPath(path: string, step: string | number): string {
  if (typeof step === "number") return `${path}[${step}]`;
  const name = step.slice(0, MAX_SHOWN);
  return PLAIN_NAME.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}

/** A path as text, for a message. */
export function formatJsonPath(path: JsonPath): string {
  return path.reduce<string>(joinJsonPath, JSON_ROOT);
}
