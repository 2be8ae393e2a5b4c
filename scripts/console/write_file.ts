import { OverwrittenEntryError } from "../../lib/errors.ts";
import { writeRange } from "../../lib/archive/file_range.ts";
import { openOutputPath } from "../../lib/archive/output_path.ts";
import { TemporaryFile } from "../../lib/archive/temporary_file.ts";

/**
 * Writes a stream to a file: under a temporary name first, so that no half of it is ever seen.
 * A device or a fifo stays what it is, and takes the stream.
 *
 * @param open Makes the stream, once there is a file to take it. What went into a file can be thrown
 * away: there the stream may fail with an {@linkcode OverwrittenEntryError}, and another is asked
 * for, that may not.
 */
export async function writeFile(
  path: string,
  open: (options: { readonly ahead: boolean }) => Promise<ReadableStream<Uint8Array>>,
  signal: AbortSignal,
): Promise<void> {
  const output = await openOutputPath(path);
  if (output.kind === "pipe") {
    const stream = await open({ ahead: false }).catch(async (error) => {
      await output.pipe.abort(error);
      throw error;
    });
    return await stream.pipeTo(output.pipe, { signal });
  }
  await using file = await TemporaryFile.beside(output.path);
  try {
    await writeRange(file.path, 0, () => open({ ahead: true }), { signal });
  } catch (error) {
    if (!(error instanceof OverwrittenEntryError)) throw error;
    await Deno.truncate(file.path);
    await writeRange(file.path, 0, () => open({ ahead: false }), { signal });
  }
  await file.publish(output.path);
}
