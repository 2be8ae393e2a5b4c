import { SizeMismatchError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { through } from "../stream/through.ts";

/** Passes on the rest of a content from an offset, and fails unless it ends where it should. */
export function restOf(
  source: ReadableStream<Uint8Array>,
  { size, digest }: Descriptor,
  offset: number,
): ReadableStream<Uint8Array> {
  let position = offset;
  return through(source, {
    push(bytes) {
      position += bytes.length;
      if (position > size) throw new SizeMismatchError(size, position, { digest });
      return [bytes];
    },
    end() {
      if (position < size) throw new SizeMismatchError(size, position, { digest });
      return [];
    },
  });
}
