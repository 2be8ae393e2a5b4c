/** Reads a stream to its end for what it does on the way. */
export async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  await stream.pipeTo(new WritableStream());
}
