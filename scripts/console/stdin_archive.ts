import { writeRange } from "../../lib/archive/file_range.ts";
import { TemporaryFile } from "../../lib/archive/temporary_file.ts";
import { abortable } from "../../lib/stream/abortable.ts";
import { type FileKind, type Location, parseLocation } from "../../lib/places/location.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";

/** An archive that came through standard input, as a file for as long as it is needed. */
export interface StdinArchive extends AsyncDisposable {
  /** Where it can be opened. */
  readonly location: FileLocation;
}

/** A file, or, at the path `-`, standard input. */
type FileLocation = Extract<Location, { readonly kind: FileKind | "path" }>;

/** What `-` means where a place to read from is named: an archive, of whichever form. */
const STDIN: FileLocation = { kind: "path", path: "-" };

/** Reads the name of a place to read from; `-` is an archive on standard input. */
export function parseSource(text: string): Location {
  return text === "-" ? STDIN : parseLocation(text);
}

/** Whether a location means standard input. */
export function isStdin(location: Location): location is FileLocation {
  return "path" in location && location.path === "-";
}

/** Keeps standard input in a temporary file, because an archive is read in any order. */
export async function stdinArchive(
  { stdin, signal }: Context,
  location: FileLocation = STDIN,
): Promise<StdinArchive> {
  if (location.kind === "oci") {
    throw new UsageError(
      "Cannot read an OCI layout from standard input: it is a directory; oci-archive:- is a tar",
    );
  }
  await using scope = new AsyncDisposableStack();
  const { path } = scope.use(await TemporaryFile.anywhere());
  await writeRange(path, 0, () => Promise.resolve(abortable(stdin, signal)), { signal });
  const owned = scope.move();
  return { location: { ...location, path }, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
