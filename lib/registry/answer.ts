import { DocumentError } from "../errors.ts";
import { readAll } from "../stream/read_all.ts";
import { concat } from "../stream/concat.ts";
import { describeUrl } from "./redact.ts";

/** What a server answered to one request. Its body is to be read or discarded. */
export interface Answer {
  /** The request's method. */
  readonly method: string;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** The HTTP status. */
  readonly status: number;
  /** The headers. */
  readonly headers: Headers;
  /** The body; it fails with a `NetworkError` when it breaks off or stalls. */
  readonly body: ReadableStream<Uint8Array> | undefined;
}

/** Gives an answer's body back unread. */
export async function discard(answer: Answer): Promise<void> {
  await answer.body?.cancel().catch(() => {});
}

/** Options of {@linkcode readJson}. */
export interface ReadJsonOptions {
  /** How errors name the document. */
  readonly what: string;
  /** The most bytes that are read. */
  readonly maxBytes: number;
}

/** Reads an answer's body as JSON. */
export async function readJson(answer: Answer, options: ReadJsonOptions): Promise<unknown> {
  const what = `the ${options.what} of "${describeUrl(answer.url)}"`;
  const bytes = await readAll(answer.body ?? ReadableStream.from([]), { ...options, what });
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new DocumentError(`Cannot read ${what}: expected JSON`, { cause });
  }
}

/** Reads an answer's body as text as far as `maxBytes`, whatever becomes of the rest. */
export async function readStart(answer: Answer, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body ?? []) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= maxBytes) break;
    }
  } catch {
    // What came before the break says more than the break.
  }
  return new TextDecoder().decode(concat(chunks).subarray(0, maxBytes));
}
