import { writeRange } from "../../lib/archive/file_range.ts";
import { abortable } from "../../lib/stream/abortable.ts";
import type { Location } from "../../lib/places/location.ts";
import type { Context } from "./context.ts";

/** An archive that came through standard input, as a file for as long as it is needed. */
export interface StdinArchive extends AsyncDisposable {
  /** Where it can be opened. */
  readonly location: Location;
}

/** Keeps standard input in a temporary file, because an archive is read in any order. */
export async function stdinArchive({ stdin, signal }: Context): Promise<StdinArchive> {
  await using scope = new AsyncDisposableStack();
  const path = await Deno.makeTempFile({ prefix: "davit-stdin-", suffix: ".tar" });
  scope.defer(() => Deno.remove(path));
  await writeRange(path, 0, () => Promise.resolve(abortable(stdin, signal)), { signal });
  const owned = scope.move();
  return { location: { kind: "path", path }, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
