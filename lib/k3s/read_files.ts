import { fileFailure } from "../layer/file_failure.ts";
import type { FileSpec } from "./spec.ts";

/** The digest of what a file holds. */
export async function digestOf(content: string | Uint8Array): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return `sha256:${new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice())).toHex()}`;
}

/**
 * Reads the content of a spec's files: what stands there, when it has several lines, else the file
 * at that path.
 *
 * @param directory What relative paths start from.
 * @throws {FileError} When there is no such file.
 */
export async function readFiles(
  files: readonly FileSpec[],
  directory: string,
): Promise<readonly (string | Uint8Array)[]> {
  return await Promise.all(files.map(async ({ source }) => {
    if (source.includes("\n")) return source;
    const path = source.startsWith("/") ? source : `${directory}/${source}`;
    return await Deno.readFile(path).catch((cause) => {
      throw fileFailure("read", path, cause);
    });
  }));
}
