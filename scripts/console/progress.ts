import type { CopyEvent } from "../../lib/store/events.ts";
import { formatBytes } from "./format_bytes.ts";
import { Pace } from "./pace.ts";

/** Erases what is left of a longer line, after the new one is written over it: no flicker. */
const ERASE_REST = "\x1b[K";

/** One line on a terminal that says how far a copy is. What is quick leaves no trace. */
export class Progress {
  readonly #write: (text: string) => void;
  readonly #pace = new Pace();
  readonly #bytes = new Map<number, number>();
  readonly #sizes = new Map<number, number>();
  #finished = 0;
  #drawn = false;

  /** @param write Puts text on the terminal. */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Takes an event in, and redraws when it is time. */
  hear(event: CopyEvent): void {
    if (event.kind === "start" && event.size !== undefined) this.#sizes.set(event.id, event.size);
    if (event.kind === "progress") this.#bytes.set(event.id, event.bytes);
    if (event.kind === "done") this.#finished++;
    if (!this.#pace.isDue()) return;
    this.#write(`\r${this.#line()}${ERASE_REST}`);
    this.#drawn = true;
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#drawn) this.#write(`\r${ERASE_REST}`);
    this.#drawn = false;
  }

  #line(): string {
    const bytes = this.#bytes.values().reduce(add, 0);
    const total = this.#sizes.values().reduce(add, 0);
    const of = total < bytes ? "" : ` of ${formatBytes(total)}`;
    return `${formatBytes(bytes)}${of}, ${this.#finished} done`;
  }
}

function add(left: number, right: number): number {
  return left + right;
}
