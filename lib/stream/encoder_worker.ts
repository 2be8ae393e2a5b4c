import { encodeBlock, type EncodeJob } from "./encode_block.ts";

/** What a worker says: first that it is there, then one answer for each job, in order. */
export type WorkerAnswer =
  | { readonly kind: "ready" }
  | {
    readonly kind: "encoded";
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly buffer: ArrayBuffer;
  }
  | { readonly kind: "failed"; readonly error: unknown };

/** The side of a worker's scope that is used here. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<EncodeJob>) => void) | null;
  postMessage(answer: WorkerAnswer, transfer?: Transferable[]): void;
}

/**
 * Starts a worker that encodes blocks. Its program is made from the text of two functions, so that
 * it needs no file beside this one: it works in a bundle, in a compiled program and from a URL.
 *
 * @throws When the runtime has no such workers, or forbids them.
 */
export function startEncoderWorker(): Worker {
  const program = `import * as zlib from "node:zlib";
(${serve})(globalThis, (job) => (${encodeBlock})(zlib, job));`;
  const url = `data:application/javascript,${encodeURIComponent(program)}`;
  return new Worker(url, { type: "module", name: "davit-encoder" });
}

/** The text of this function is sent to workers: it must not refer to anything outside itself. */
function serve(scope: WorkerScope, encode: (job: EncodeJob) => Uint8Array<ArrayBuffer>): void {
  scope.onmessage = ({ data: job }) => {
    try {
      const bytes = encode(job);
      const { buffer } = job;
      scope.postMessage({ kind: "encoded", bytes, buffer }, [bytes.buffer, buffer]);
    } catch (error) {
      scope.postMessage({ kind: "failed", error });
    }
  };
  scope.postMessage({ kind: "ready" });
}
