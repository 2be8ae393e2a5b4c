/** Bytes of a file that belong into a block. */
export interface FilePart {
  /** Where the file lies on this machine. */
  readonly source: string;
  /** The number it had on its device when it was found. */
  readonly inode: number;
  /** How many bytes it had. */
  readonly size: number;
  /** When it had last changed, in milliseconds since 1970. */
  readonly mtime: number;
  /** The first of its bytes. */
  readonly offset: number;
  /** The number of bytes; with 0, the file is looked at all the same. */
  readonly length: number;
  /** Where they go in the block. */
  readonly at: number;
}

/** A failed system call as data, so that it can leave a worker. */
export interface FileFault {
  /** The file. */
  readonly source: string;
  /** The error's name: `NotFound`; `Changed` for a file that is no longer what it was. */
  readonly name: string;
  /** The error's message. */
  readonly message: string;
}

/**
 * Reads files into a block, with synchronous calls. What goes wrong with one is thrown as a
 * {@linkcode FileFault}.
 *
 * The text of this function is sent to workers: it must not refer to anything outside itself.
 */
export function readParts(block: Uint8Array, parts: readonly FilePart[]): void {
  const changed = { name: "Changed", message: "" };

  function readPart({ source, inode, size, mtime, offset, length, at }: FilePart): void {
    const file = Deno.openSync(source);
    try {
      if (offset > 0) file.seekSync(offset, Deno.SeekMode.Start);
      for (let done = 0; done < length;) {
        const count = file.readSync(block.subarray(at + done, at + length)) ?? 0;
        if (count === 0) throw changed;
        done += count;
      }
      const now = file.statSync();
      const isSame = now.size === size && now.ino === inode;
      if (!isSame || (now.mtime?.getTime() ?? 0) !== mtime) throw changed;
    } finally {
      file.close();
    }
  }

  for (const part of parts) {
    try {
      readPart(part);
    } catch (cause) {
      const { name, message } = cause as FileFault;
      throw { source: part.source, name, message } satisfies FileFault;
    }
  }
}
