/**
 * Tar archives as streams of entries: read from any source in pieces of any size, written with the
 * same bytes everywhere.
 *
 * The cores are synchronous and do no I/O: {@linkcode encodeHeader} makes what stands in front of a
 * body, {@linkcode TarReader} finds entries and bodies in the bytes it is pushed.
 * {@linkcode writeTar} and {@linkcode readTar} put them onto web streams, pulled by the reader.
 *
 * Files, directories, symlinks, hard links, devices and fifos are known, with PAX (long names, large
 * numbers, extended attributes) read and written where needed, and GNU's and older forms read. Names
 * are bytes: one that is not UTF-8 comes back as it was. Whatever is damaged, sparse, or could be
 * read in two ways is refused with the offset of the damage.
 *
 * @example
 * ```ts
 * import { readTar, type TarInput, writeTar } from "@davit/davit/tar";
 *
 * const owned = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
 * const entries: TarInput[] = [
 *   { header: { ...owned, type: "directory", name: "etc/", mode: 0o755, size: 0 } },
 *   {
 *     header: { ...owned, type: "file", name: "etc/motd", size: 6 },
 *     body: new TextEncoder().encode("hello\n"),
 *   },
 * ];
 *
 * const names = [];
 * for await (const entry of readTar(writeTar(entries))) names.push(entry.header.name);
 * console.assert(names.join() === "etc/,etc/motd");
 * ```
 *
 * @module
 */

export type { EntryType, TarHeader } from "./entry.ts";
export { readTar, type ReadTarOptions, type TarEntry } from "./read_tar.ts";
export {
  type TarBodyEvent,
  type TarEndEvent,
  type TarEntryEvent,
  type TarEvent,
  TarReader,
} from "./reader.ts";
export { encodeHeader, END_OF_ARCHIVE, paddingOf } from "./writer.ts";
export { type TarInput, writeTar } from "./write_tar.ts";
