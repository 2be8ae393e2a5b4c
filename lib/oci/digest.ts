import { DigestMismatchError } from "../errors.ts";

/** The hash algorithms davit reads and verifies. */
export type Algorithm = "sha256" | "sha512";

/**
 * A content address such as `sha256:6c3c…`: lower-case hex, of the algorithm's length.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests image-spec, digests}
 */
export type Digest = `${Algorithm}:${string}`;

const DIGEST_REGEXP = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/**
 * Says whether text is a digest that davit can verify.
 *
 * @example
 * ```ts
 * import { isDigest } from "@davit/davit/oci";
 *
 * console.assert(!isDigest("sha256:abc"));
 * ```
 */
export function isDigest(text: string): text is Digest {
  return DIGEST_REGEXP.test(text);
}

/**
 * Turns text into a digest.
 *
 * @throws {SyntaxError} When the text is not `sha256:` with 64 or `sha512:` with 128 lower-case hex
 * digits.
 * @example
 * ```ts
 * import { parseDigest } from "@davit/davit/oci";
 *
 * parseDigest("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
 * ```
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new SyntaxError(
    `Cannot parse digest ${
      JSON.stringify(text.slice(0, 150))
    }: expected "sha256:" and 64 lower-case hex digits, or "sha512:" and 128`,
  );
}

/** The algorithm part: `sha256`. */
export function algorithmOf(digest: Digest): Algorithm {
  return digest.startsWith("sha512:") ? "sha512" : "sha256";
}

/** The encoded part: the hex digits after the colon. */
export function hexOf(digest: Digest): string {
  return digest.slice(7);
}

/**
 * Digests bytes that are whole in memory, by Web Crypto.
 *
 * @param algorithm `sha256` unless asked otherwise.
 * @example
 * ```ts
 * import { digestBytes } from "@davit/davit/oci";
 *
 * const digest = await digestBytes(new TextEncoder().encode("{}"));
 * console.assert(digest.startsWith("sha256:44136fa3"));
 * ```
 */
export async function digestBytes(
  bytes: Uint8Array,
  algorithm: Algorithm = "sha256",
): Promise<Digest> {
  const name = algorithm === "sha256" ? "SHA-256" : "SHA-512";
  const hash = await crypto.subtle.digest(name, bytes as Uint8Array<ArrayBuffer>);
  return `${algorithm}:${new Uint8Array(hash).toHex()}`;
}

/**
 * Passes bytes on if they hash to `expected`.
 *
 * @throws {DigestMismatchError} When they do not.
 */
export async function verifyBytes(bytes: Uint8Array, expected: Digest): Promise<Uint8Array> {
  const actual = await digestBytes(bytes, algorithmOf(expected));
  if (actual !== expected) throw new DigestMismatchError(expected, actual);
  return bytes;
}
