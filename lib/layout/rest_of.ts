import { SizeMismatchError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { lookOn } from "../stream/look_on.ts";

/** Passes on the rest of a content from an offset, and fails unless it ends where it should. */
export function restOf(
  source: ReadableStream<Uint8Array>,
  { size, digest }: Descriptor,
  offset: number,
): ReadableStream<Uint8Array> {
  let position = offset;
  return lookOn(source, {
    see(bytes) {
      position += bytes.length;
      if (position > size) throw new SizeMismatchError(size, position, { digest });
    },
    end() {
      if (position < size) throw new SizeMismatchError(size, position, { digest });
    },
  });
}
