import { concat, rawEntry, type RawFields } from "../tar/raw_tar.ts";

/** What export says of a path that no Linux has. */
export const LINUX_PATH = "a path of at most 4096 characters";

/** Entries, and the end. */
export function tarOf(...entries: readonly Uint8Array[]): Uint8Array {
  return concat(...entries, new Uint8Array(1024));
}

/** A file; names are bytes, as text of characters up to `\xff`. */
export function file(name: string, body = "x", fields: RawFields = {}): Uint8Array {
  return rawEntry({ name, ...fields }, body);
}

/** A directory. */
export function directory(name: string): Uint8Array {
  return rawEntry({ type: "5", name });
}

/** A symbolic link. */
export function symlink(name: string, linkName: string): Uint8Array {
  return rawEntry({ type: "2", name, linkName });
}

/** A hard link. */
export function hardlink(name: string, linkName: string): Uint8Array {
  return rawEntry({ type: "1", name, linkName });
}
