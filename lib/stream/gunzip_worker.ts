import type { Worker as NodeWorker } from "node:worker_threads";

/** Bytes at the start of a buffer: the runtime looks at a view in a message byte by byte. */
export interface Filled {
  readonly buffer: ArrayBuffer;
  readonly length: number;
}

/** What a worker is told: a block of gzip, that no more come, or that a chunk has been used up. */
export type GunzipOrder =
  | { readonly kind: "block" } & Filled
  | { readonly kind: "end" }
  | { readonly kind: "more" };

/**
 * What a worker says: first that it is there; then each block when it was taken, with the number of
 * bytes at its end that belong to no member; the chunks; and how it ended.
 */
export type GunzipAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "taken"; readonly unused: number } & Filled
  | { readonly kind: "chunk" } & Filled
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly code?: string | undefined; readonly message: string };

/** The side of a worker that is used here. */
export type GunzipWorker = Pick<NodeWorker, "on" | "postMessage" | "ref" | "terminate" | "unref">;

/** How much of the decompressed bytes is under way. */
interface Room {
  readonly chunkBytes: number;
  /** Chunks that nobody has used up: no more are made meanwhile. */
  readonly chunks: number;
}

/** Few messages, and flat memory. */
const ROOM: Room = { chunkBytes: 512 * 1024, chunks: 4 };

/** The side of a worker's port that is used here. */
interface Port {
  on(event: "message", listener: (order: GunzipOrder) => void): void;
  postMessage(answer: GunzipAnswer, transfer?: ArrayBuffer[]): void;
}

/**
 * Starts a worker that decompresses gzip. Its program is the text of one function, so that it needs
 * no file beside this one. It does not keep the process alive unless it is told to.
 *
 * @throws When the runtime has no such workers, or forbids them.
 */
export async function startGunzipWorker(): Promise<GunzipWorker> {
  const { Worker } = await import("node:worker_threads");
  const program = `const { parentPort } = require("node:worker_threads");
(${serve})(parentPort, require("node:zlib"), ${JSON.stringify(ROOM)});`;
  const worker = new Worker(program, { eval: true });
  worker.unref();
  return worker;
}

/** The text of this function is sent to workers: it must not refer to anything outside itself. */
function serve(port: Port, zlib: typeof import("node:zlib"), room: Room): void {
  const gunzip = zlib.createGunzip({ chunkSize: room.chunkBytes });
  let chunk = new Uint8Array(room.chunkBytes);
  let filled = 0;
  let underWay = 0;
  const blocks: Filled[] = [];
  let isFeeding = false;
  let fed = 0;
  let isOver = false;
  let isFed = false;
  let isDrained = false;

  function give(): void {
    const { buffer } = chunk;
    port.postMessage({ kind: "chunk", buffer, length: filled }, [buffer]);
    chunk = new Uint8Array(room.chunkBytes);
    filled = 0;
    if (++underWay >= room.chunks) gunzip.pause();
  }

  function take(block: Filled): void {
    blocks.push(block);
    feed();
  }

  /** Feeds one block after the other: what is left unused of one decides about the next. */
  function feed(): void {
    const block = isFeeding ? undefined : blocks.shift();
    if (block === undefined) return;
    const { buffer, length } = block;
    const answer = (unused: number) => {
      isOver = unused > 0;
      isFeeding = false;
      port.postMessage({ kind: "taken", buffer, length, unused }, [buffer]);
      feed();
    };
    if (isOver) return answer(length);
    isFeeding = true;
    gunzip.write(new Uint8Array(buffer, 0, length), () => {
      fed += length;
      // An error is told after this.
      setImmediate(() => gunzip.destroyed || answer(fed - gunzip.bytesWritten));
    });
  }

  function close(): void {
    isFed = true;
    gunzip.end();
    end();
  }

  /** Bytes that belong to no member end the output before the input. */
  function end(): void {
    if (isFed && isDrained) port.postMessage({ kind: "end" });
  }

  gunzip.on("data", (piece: Uint8Array) => {
    for (let taken = 0; taken < piece.length;) {
      const part = piece.subarray(taken, taken + chunk.length - filled);
      chunk.set(part, filled);
      filled += part.length;
      taken += part.length;
      if (filled === chunk.length) give();
    }
  });
  gunzip.on("end", () => {
    if (filled > 0) give();
    isDrained = true;
    end();
  });
  gunzip.on("error", ({ code, message }: Error & { readonly code?: string }) => {
    port.postMessage({ kind: "failed", code, message });
  });
  port.on("message", (order) => {
    if (order.kind === "block") take(order);
    else if (order.kind === "end") close();
    else if (--underWay < room.chunks) gunzip.resume();
  });
  port.postMessage({ kind: "ready" });
}
