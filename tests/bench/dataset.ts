import { openPseudoBytes } from "./pseudo_bytes.ts";

/** What a directory is to hold. */
export interface DatasetOptions {
  readonly files: number;
  /** Bytes of all files together. */
  readonly bytes: number;
}

/**
 * Makes a directory of files of many sizes that compress to about a third, or returns the one that
 * an earlier run made: the same bytes, names and sizes on every machine.
 */
export async function openDataset(options: DatasetOptions): Promise<string> {
  const { files, bytes } = options;
  const temporary = Deno.env.get("TMPDIR") ?? "/tmp";
  const path = `${temporary}/davit_bench/${files}x${Math.round(bytes / 1e6)}MB`;
  if (await exists(path)) return path;
  const unfinished = `${path}.tmp`;
  await Deno.remove(unfinished, { recursive: true }).catch(() => {});
  const source = openPseudoBytes(files);
  // Most files are small and a few make up the bulk, as in any file system.
  const shares = Array.from({ length: files }, () => source.random() ** 4 + 0.002);
  const unit = bytes / shares.reduce((total, share) => total + share, 0);
  for (const [file, share] of shares.entries()) {
    const folder = `${unfinished}/usr/lib/package${file % 23}/part${file % 391}`;
    await Deno.mkdir(folder, { recursive: true });
    await writePieces(`${folder}/file${file}.dat`, Math.round(share * unit), source.next);
  }
  await Deno.rename(unfinished, path);
  return path;
}

async function writePieces(
  path: string,
  size: number,
  next: (size: number) => Uint8Array<ArrayBuffer>,
): Promise<void> {
  using file = await Deno.create(path);
  for (let written = 0; written < size;) {
    const piece = next(Math.min(size - written, 1024 * 1024));
    for (let done = 0; done < piece.length;) done += await file.write(piece.subarray(done));
    written += piece.length;
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

if (import.meta.main) {
  const path = await openDataset({ files: 20_000, bytes: 450e6 });
  Deno.stdout.writeSync(new TextEncoder().encode(`${path}\n`));
}
