import { DigestMismatchError, SizeMismatchError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { algorithmOf } from "../oci/digest.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { FrugalReader } from "../stream/byte_stream.ts";
import { openHasher } from "../stream/hash.ts";
import { type Content, isVerified } from "./content.ts";

/**
 * Reads content to its end, hashing and counting as it passes, and hands every chunk on, which is
 * the reader's again when `keep` is done. Whoever keeps the chunks must not publish them before the promise fulfils. What lies in a place is hashed
 * by that place, and not here again.
 *
 * @returns The descriptor that the bytes were held to.
 * @throws {DigestMismatchError} When the bytes are not what the descriptor says.
 * @throws {SizeMismatchError} When there are more or fewer of them.
 */
export async function receive(
  content: Content,
  keep: (chunk: Uint8Array) => void | Promise<void> | undefined,
  options: CallOptions = {},
): Promise<Descriptor> {
  const { signal } = options;
  signal?.throwIfAborted();
  const promised = content.descriptor;
  const hasher = isVerified(content)
    ? undefined
    : await openHasher(promised === undefined ? "sha256" : algorithmOf(promised.digest));
  const reader = new FrugalReader(await content.open());
  const stop = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener("abort", stop);
  let size = 0;
  try {
    for (;;) {
      const bytes = await reader.read();
      signal?.throwIfAborted();
      if (bytes === undefined) break;
      size += bytes.length;
      if (promised !== undefined && size > promised.size) {
        throw new SizeMismatchError(promised.size, size, { digest: promised.digest });
      }
      hasher?.update(bytes);
      await keep(bytes);
    }
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  const descriptor = promised ?? await content.sealed();
  const { digest } = descriptor;
  if (size !== descriptor.size) throw new SizeMismatchError(descriptor.size, size, { digest });
  const actual = hasher?.digest() ?? digest;
  if (actual !== digest) throw new DigestMismatchError(digest, actual);
  return descriptor;
}
