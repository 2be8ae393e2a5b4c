import type { TarHeader } from "../tar/entry.ts";
import type { Digest } from "../oci/digest.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Beginning } from "../store/resume.ts";
import type { ArchiveEntry } from "./archive_form.ts";

/** A blob on its way into a tar. */
export interface IncomingBlob {
  /** The number of bytes to come; `undefined` when only the end will tell. */
  readonly size: number | undefined;
  /** The digest it is kept under, when it is known before the bytes have passed. */
  readonly digest: Digest | undefined;
  /** Opens the bytes. They verify themselves. */
  open(): Promise<ReadableStream<Uint8Array>>;
  /** The same, with the beginning from elsewhere; absent where the rest cannot be opened alone. */
  readonly resume?: (beginning: Beginning) => Promise<ReadableStream<Uint8Array>>;
  /**
   * The digest it is kept under, once the bytes have passed.
   *
   * @param size How many have.
   */
  seal(size: number): Promise<Digest>;
}

/** Where the tar of an archive goes. Disposing of it before it is finished leaves nothing. */
export interface TarOutput extends AsyncDisposable {
  /** Adds a blob. Several may be on their way at the same time. */
  add(blob: IncomingBlob, options?: CallOptions): Promise<void>;
  /** Brings the entries into their order, ends the tar and publishes it. */
  finish(entries: readonly ArchiveEntry[], options?: CallOptions): Promise<void>;
}

/** The header of a file in an archive: the same for everybody, at all times. */
export function fileHeader(name: string, size: number): TarHeader {
  return { type: "file", name, size, mode: 0o644, uid: 0, gid: 0, mtime: 0 };
}
