import { DigestMismatchError, SizeMismatchError } from "../errors.ts";
import { algorithmOf } from "../oci/digest.ts";
import { type Hasher, openHasher } from "./hash.ts";
import { lookOn } from "./look_on.ts";
import type { Measurement } from "./measure.ts";

/**
 * Passes bytes through and fails unless they are the ones that were promised.
 *
 * Nothing is buffered: do not publish what was read until the stream closes. A byte too many fails
 * at once, whatever is missing or different at the end.
 *
 * @param expected Size in bytes and digest: a descriptor has both.
 * @throws {SizeMismatchError} Through the stream.
 * @throws {DigestMismatchError} Through the stream.
 * @example
 * ```ts
 * import { readAll, verify } from "@davit/davit/stream";
 * import { digestBytes } from "@davit/davit/oci";
 *
 * const bytes = new TextEncoder().encode("{}");
 * const expected = { digest: await digestBytes(bytes), size: 2 };
 * const verified = verify(ReadableStream.from([bytes]), expected);
 * await readAll(verified, { maxBytes: 100, what: "document" });
 * ```
 */
export function verify(
  source: ReadableStream<Uint8Array>,
  expected: Measurement,
): ReadableStream<Uint8Array> {
  const { digest } = expected;
  let hasher: Hasher;
  let size = 0;
  return lookOn(source, {
    async open() {
      hasher = await openHasher(algorithmOf(digest));
    },
    see(bytes) {
      size += bytes.length;
      if (size > expected.size) throw new SizeMismatchError(expected.size, size, { digest });
      hasher.update(bytes);
    },
    end() {
      if (size < expected.size) throw new SizeMismatchError(expected.size, size, { digest });
      const actual = hasher.digest();
      if (actual !== digest) throw new DigestMismatchError(digest, actual);
    },
  });
}
