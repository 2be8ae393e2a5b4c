import { CompressionError } from "../errors.ts";
import type { Compression } from "../oci/media_type.ts";

/** How many bytes of a stream tell its compression for sure. */
export const MAGIC_LENGTH = 10;

/** A format, its first bytes, and how many bits of the first one may vary. */
interface Magic {
  readonly name: Compression | "bzip2" | "xz";
  readonly bytes: readonly (number | undefined)[];
}

const MAGICS: readonly Magic[] = [
  { name: "gzip", bytes: [0x1f, 0x8b] },
  { name: "zstd", bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: "xz", bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  // "BZh", a digit, and pi: the letters alone could begin a file name in a tar
  { name: "bzip2", bytes: [0x42, 0x5a, 0x68, undefined, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59] },
];

/**
 * Tells the compression by the first bytes; what is shorter than a magic number is not compressed.
 *
 * @throws {CompressionError} When they are bzip2 or xz, which no image format has.
 */
export function compressionOfBytes(head: Uint8Array): Compression {
  if (isZstdSkippable(head)) return "zstd";
  const magic = MAGICS.find(({ bytes }) => startsWith(head, bytes));
  const name = magic?.name ?? "none";
  if (name === "bzip2" || name === "xz") {
    throw new CompressionError(
      `Cannot decompress the content: expected gzip, zstd or no compression, got ${name}; ` +
        `recompress it first`,
    );
  }
  return name;
}

function startsWith(head: Uint8Array, magic: readonly (number | undefined)[]): boolean {
  if (head.length < magic.length) return false;
  return magic.every((byte, index) => byte === undefined || byte === head[index]);
}

/** A zstd stream may begin with a frame of somebody's own data, as estargz's cousins do. */
function isZstdSkippable(head: Uint8Array): boolean {
  const [first = 0, ...rest] = head.subarray(0, 4);
  return (first & 0xf0) === 0x50 && startsWith(Uint8Array.from(rest), [0x2a, 0x4d, 0x18]);
}
