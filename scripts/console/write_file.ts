import { writeRange } from "../../lib/archive/file_range.ts";
import { TemporaryFile } from "../../lib/archive/temporary_file.ts";

/**
 * Writes a stream to a file: under a temporary name first, so that no half of it is ever seen.
 *
 * @param open Makes the stream, once there is a file to take it.
 */
export async function writeFile(
  path: string,
  open: () => Promise<ReadableStream<Uint8Array>>,
  signal: AbortSignal,
): Promise<void> {
  await using file = await TemporaryFile.beside(path);
  await writeRange(file.path, 0, open, { signal });
  await file.publish(path);
}
