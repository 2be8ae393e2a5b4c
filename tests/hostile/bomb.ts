import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { concat } from "../tar/raw_tar.ts";

/** A layer that is small until it is opened. */
export interface Bomb {
  /** The compressed bytes. */
  readonly blob: Uint8Array;
  /** What they decompress to. */
  readonly diffId: string;
}

/** Zeros, which are an empty tar with a long tail, a thousand times smaller as gzip. */
export function bombOf(mebibytes: number): Bomb {
  const zeros = new Uint8Array(1024 ** 2);
  const member = new Uint8Array(gzipSync(zeros));
  const hash = createHash("sha256");
  for (let i = 0; i < mebibytes; i++) hash.update(zeros);
  return {
    blob: concat(...Array.from({ length: mebibytes }, () => member)),
    diffId: `sha256:${hash.digest("hex")}`,
  };
}

/** The memory a process holds right now; 0 once it has ended. Linux only. */
export function residentBytes(pid: number): number {
  try {
    const [, pages = "0"] = Deno.readTextFileSync(`/proc/${pid}/statm`).split(" ");
    return Number(pages) * 4096;
  } catch {
    return 0;
  }
}
