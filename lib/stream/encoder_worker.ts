import { encodeBlock, type EncodeJob, type Encoding } from "./encode_block.ts";
import { type FilePart, readParts } from "./file_part.ts";
import type { EncodedBlock } from "./main_encoder.ts";

/** What a worker says: first that it is there, then one answer for each job, in order. */
export type WorkerAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "encoded" } & EncodedBlock
  | { readonly kind: "failed"; readonly error: unknown };

/** The side of a worker's scope that is used here. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<EncodeJob>) => void) | null;
  postMessage(answer: WorkerAnswer, transfer?: Transferable[]): void;
}

/** What a worker does with a job. */
interface Skills {
  read(block: Uint8Array, parts: readonly FilePart[]): void;
  encode(block: Uint8Array<ArrayBuffer>, encoding: Encoding): Uint8Array<ArrayBuffer>;
}

/**
 * Starts a worker that reads blocks together and encodes them. Its program is made from the text of
 * three functions, so that it needs no file beside this one: it works in a bundle, in a compiled
 * program and from a URL.
 *
 * @throws When the runtime has no such workers, or forbids them.
 */
export function startEncoderWorker(): Worker {
  const program = `import * as zlib from "node:zlib";
(${serve})(globalThis, { read: ${readParts}, encode: (block, how) => (${encodeBlock})(zlib, block, how) });`;
  const url = `data:application/javascript,${encodeURIComponent(program)}`;
  return new Worker(url, { type: "module", name: "davit-encoder" });
}

/** The text of this function is sent to workers: it must not refer to anything outside itself. */
function serve(scope: WorkerScope, { read, encode }: Skills): void {
  scope.onmessage = ({ data: job }) => {
    try {
      const block = new Uint8Array(job.buffer, 0, job.length);
      read(block, job.parts);
      const bytes = encode(block, job);
      const buffers = new Set([block.buffer, bytes.buffer]);
      scope.postMessage({ kind: "encoded", block, bytes }, [...buffers]);
    } catch (error) {
      scope.postMessage({ kind: "failed", error });
    }
  };
  scope.postMessage({ kind: "ready" });
}
