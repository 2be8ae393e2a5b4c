/** Writes bytes to standard output and leaves it open. */
export async function writeBytes(
  stdout: WritableStream<Uint8Array>,
  bytes: Uint8Array,
): Promise<void> {
  await ReadableStream.from([bytes]).pipeTo(stdout, { preventClose: true });
}
