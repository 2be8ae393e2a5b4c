/**
 * Splits what one flag lists: at commas, as crane does. A part in double quotes may hold commas, and
 * `""` in it is a quote. A JSON array of strings is taken as it is.
 *
 * @throws {SyntaxError} When a quote is not closed.
 */
export function parseCommaList(text: string): readonly string[] {
  const json = text.startsWith("[") ? parseStrings(text) : undefined;
  if (json !== undefined) return json;
  if (text === "") return [];
  const parts: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",][^,]*)?)(,|$)/y;
  for (let separator: string | undefined = ","; separator === ",";) {
    const match = pattern.exec(text);
    if (match === null) {
      throw new SyntaxError(`Cannot split ${JSON.stringify(text)}: expected a closing quote`);
    }
    const [, quoted, plain = ""] = match;
    parts.push(quoted?.replaceAll('""', '"') ?? plain);
    separator = match[3];
  }
  return parts;
}

/**
 * Reads `KEY=VALUE`, or several behind commas, as crane does: text with one `=` is one pair, commas
 * and all.
 *
 * @throws {SyntaxError} For a part without `=`, or without a key.
 */
export function parsePairs(text: string): readonly (readonly [key: string, value: string])[] {
  const isOne = text.split("=").length === 2;
  return (isOne ? [text] : parseCommaList(text)).map(parsePair);
}

/** Reads one `KEY=VALUE`, whatever the value holds. */
export function parsePair(text: string): readonly [key: string, value: string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new SyntaxError(`Cannot read ${JSON.stringify(text)}: expected KEY=VALUE`);
}

function parseStrings(text: string): readonly string[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    const isStrings = Array.isArray(list) && list.every((item) => typeof item === "string");
    return isStrings ? list : undefined;
  } catch {
    return undefined;
  }
}
