import type { Content } from "../store/content.ts";
import { through } from "../stream/through.ts";

/** The same content, whose bytes are told of as they are read. */
export function countBytes(content: Content, onBytes: (count: number) => void): Content {
  const step = {
    push(bytes: Uint8Array) {
      onBytes(bytes.length);
      return [bytes];
    },
    end: () => [],
  };
  return {
    mediaType: content.mediaType,
    descriptor: content.descriptor,
    open: async () => through(await content.open(), step),
    sealed: () => content.sealed(),
  };
}
