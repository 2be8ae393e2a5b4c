/** Labels that davit, k3d and k3s keep for themselves. */
const RESERVED = /^(?:davit|k3d|k3s)\.|^app$/;

/**
 * Splits `KEY=VALUE`; a key alone has an empty value.
 *
 * @throws {SyntaxError} When there is no key.
 */
export function parseKeyValue(text: string): readonly [key: string, value: string] {
  const [, key = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(text) ?? [];
  if (key !== "") return [key, value];
  throw new SyntaxError(`Cannot use "${text}": expected KEY=VALUE`);
}

/**
 * Splits the label of a container.
 *
 * @throws {SyntaxError} When there is no key, or it is one of davit's.
 */
export function parseRuntimeLabel(text: string): readonly [key: string, value: string] {
  const [key, value] = parseKeyValue(text);
  if (!RESERVED.test(key)) return [key, value];
  throw new SyntaxError(
    `Cannot label a container "${text}": expected a key other than "app", "davit.…", "k3d.…" and ` +
      `"k3s.…"`,
  );
}
