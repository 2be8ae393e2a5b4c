import { FileError } from "../../lib/errors.ts";

/** Writes a stream to a file: under a temporary name first, so that no half of it is ever seen. */
export async function writeFile(
  path: string,
  content: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  await using scope = new AsyncDisposableStack();
  const file = await Deno.open(temporary, { write: true, createNew: true }).catch(async (cause) => {
    await content.cancel(cause);
    throw new FileError(`Cannot write "${path}": ${cause.message}`, path, { cause });
  });
  scope.defer(() => Deno.remove(temporary).catch(() => {}));
  await content.pipeTo(file.writable, { signal });
  await Deno.rename(temporary, path);
}
