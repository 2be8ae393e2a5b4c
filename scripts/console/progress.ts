import type { CopyEvent } from "../../lib/store/events.ts";
import { formatBytes } from "./format_bytes.ts";

const REDRAW_MS = 100;
const ERASE_LINE = "\r\x1b[K";

/** One line on a terminal that says how far a copy is. */
export class Progress {
  readonly #write: (text: string) => void;
  readonly #bytes = new Map<number, number>();
  readonly #sizes = new Map<number, number>();
  #finished = 0;
  #lastDrawn = 0;
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
    const now = Date.now();
    if (now - this.#lastDrawn < REDRAW_MS) return;
    this.#lastDrawn = now;
    this.#drawn = true;
    this.#write(`${ERASE_LINE}${this.#line()}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#drawn) this.#write(ERASE_LINE);
    this.#drawn = false;
  }

  #line(): string {
    const sum = (numbers: Iterable<number>) => [...numbers].reduce((a, b) => a + b, 0);
    const total = sum(this.#sizes.values());
    const of = total === 0 ? "" : ` of ${formatBytes(total)}`;
    return `${formatBytes(sum(this.#bytes.values()))}${of}, ${this.#finished} done`;
  }
}
