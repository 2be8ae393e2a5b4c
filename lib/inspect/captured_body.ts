import { concat } from "../stream/concat.ts";
import type { BodySink } from "./layer_listing.ts";
import { lazy } from "../stream/lazy.ts";

/** What is kept in memory of one file; what is larger goes to a temporary file. */
const MEMORY_BYTES = 1024 * 1024;

/** The content of one file of a layer, kept until it is known whether it is wanted. */
export class CapturedBody implements BodySink, AsyncDisposable {
  #chunks: Uint8Array[] = [];
  #length = 0;
  #path: string | undefined;
  #file: Deno.FsFile | undefined;

  /** Keeps a copy of some bytes; call {@linkcode flush} before much more comes. */
  add(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice());
    this.#length += bytes.length;
  }

  /** Puts what is too large for the memory into a file. */
  async flush(): Promise<void> {
    if (this.#length <= MEMORY_BYTES) return;
    this.#path ??= await Deno.makeTempFile({ prefix: "davit-" });
    this.#file ??= await Deno.open(this.#path, { write: true });
    for (const chunk of this.#chunks) {
      for (let at = 0; at < chunk.length;) at += await this.#file.write(chunk.subarray(at));
    }
    this.#chunks = [];
  }

  /** Opens all that was kept. */
  open(): ReadableStream<Uint8Array> {
    const path = this.#path;
    if (path === undefined) return ReadableStream.from([concat(this.#chunks)]);
    this.#closeFile();
    return lazy(async () => (await Deno.open(path)).readable);
  }

  /** Forgets it, and removes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closeFile();
    this.#chunks = [];
    if (this.#path !== undefined) await Deno.remove(this.#path).catch(() => {});
  }

  #closeFile(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
