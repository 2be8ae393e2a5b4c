import { DocumentError } from "../errors.ts";

/**
 * The text of a JSON document. A byte order mark stays, for the scanner to refuse.
 *
 * @throws {DocumentError} When the bytes are not UTF-8.
 */
export function decodeJson(bytes: Uint8Array, document: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DocumentError(
      `Cannot read ${document}: expected UTF-8 text, got bytes that are not`,
      { cause },
    );
  }
}
