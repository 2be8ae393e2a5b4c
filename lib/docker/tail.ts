/** What is kept of a command's complaint: the end says what went wrong. */
const TAIL_CHARACTERS = 8 * 1024;

/** Reads text to its end and keeps the last of it. */
export async function readTail(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let tail = "";
  for await (const bytes of stream) {
    tail = (tail + decoder.decode(bytes, { stream: true })).slice(-TAIL_CHARACTERS);
  }
  return tail;
}
