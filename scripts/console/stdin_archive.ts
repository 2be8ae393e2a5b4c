import type { Location } from "../../lib/places/location.ts";

/** An archive that came through standard input, as a file for as long as it is needed. */
export interface StdinArchive extends AsyncDisposable {
  /** Where it can be opened. */
  readonly location: Location;
}

/** Keeps standard input in a temporary file, because an archive is read in any order. */
export async function stdinArchive(stdin: ReadableStream<Uint8Array>): Promise<StdinArchive> {
  const path = await Deno.makeTempFile({ prefix: "davit-stdin-" });
  const remove = () => Deno.remove(path);
  try {
    const file = await Deno.open(path, { write: true });
    await stdin.pipeTo(file.writable);
  } catch (error) {
    await remove();
    throw error;
  }
  return { location: { kind: "path", path }, [Symbol.asyncDispose]: remove };
}
