import { writeRange } from "../../lib/archive/file_range.ts";
import { openOutputPath } from "../../lib/archive/output_path.ts";
import { TemporaryFile } from "../../lib/archive/temporary_file.ts";

/**
 * Writes a stream to a file: under a temporary name first, so that no half of it is ever seen.
 * A device or a fifo stays what it is, and takes the stream.
 *
 * @param open Makes the stream, once there is a file to take it.
 */
export async function writeFile(
  path: string,
  open: () => Promise<ReadableStream<Uint8Array>>,
  signal: AbortSignal,
): Promise<void> {
  const output = await openOutputPath(path);
  if (output.kind === "pipe") {
    const stream = await open().catch(async (error) => {
      await output.pipe.abort(error);
      throw error;
    });
    return await stream.pipeTo(output.pipe, { signal });
  }
  await using file = await TemporaryFile.beside(output.path);
  await writeRange(file.path, 0, open, { signal });
  await file.publish(output.path);
}
