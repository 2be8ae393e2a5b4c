import type { Annotations } from "../../lib/oci/annotations.ts";
import type { ArtifactFile } from "../../lib/artifact/create_artifact.ts";

const TYPED = /^(.*):([A-Za-z0-9][\w.+-]*\/[A-Za-z0-9][\w.+-]*)$/s;

/** Reads `[TITLE=]PATH[:TYPE]`: a file of an artifact. */
function parseFile(text: string): ArtifactFile {
  const [, named = text, mediaType] = TYPED.exec(text) ?? [];
  const [, title, path = named] = /^([^=/]+(?:\/[^=/]+)*)=(.+)$/s.exec(named) ?? [];
  if (path === "") throw new SyntaxError(`Cannot add "${text}": expected [TITLE=]PATH[:TYPE]`);
  return {
    path,
    ...(title === undefined ? {} : { title }),
    ...(mediaType === undefined ? {} : { mediaType }),
  };
}

/**
 * Reads the files of an artifact.
 *
 * @throws {SyntaxError} When what is behind a file's colon is no media type.
 */
export async function parseFiles(texts: readonly string[]): Promise<readonly ArtifactFile[]> {
  return await Promise.all(texts.map(async (text) => {
    const file = parseFile(text);
    const [, path, type] = /^(.+):([^:]*)$/s.exec(file.path) ?? [];
    if (path !== undefined && !await exists(file.path) && await exists(path)) {
      throw new SyntaxError(
        `Cannot add "${text}": expected a media type behind "${path}:", such as text/plain, got ` +
          `"${type}"`,
      );
    }
    return file;
  }));
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Reads `PATH:TYPE`: the config of an artifact. */
export function parseConfigFile(text: string): {
  readonly path: string;
  readonly mediaType: string;
} {
  const [, path = "", mediaType] = TYPED.exec(text) ?? [];
  if (path !== "" && mediaType !== undefined) return { path, mediaType };
  throw new SyntaxError(
    `Cannot use "${text}" as config: expected PATH:TYPE, such as config.json:application/json`,
  );
}

/** Reads `KEY=VALUE`. */
export function parseAnnotation(text: string): readonly [key: string, value: string] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return [key, value];
  throw new SyntaxError(`Cannot annotate with "${text}": expected KEY=VALUE`);
}

/** Gathers annotations; the last of a key counts. */
export function gatherAnnotations(
  pairs: readonly (readonly [key: string, value: string])[],
): Annotations {
  return Object.fromEntries(pairs);
}
