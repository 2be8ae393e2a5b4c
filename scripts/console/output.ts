import type { CopyEvent } from "../../lib/store/events.ts";
import type { Context } from "./context.ts";
import { Pace } from "./pace.ts";
import { Progress } from "./progress.ts";

/** How a command speaks. */
export interface OutputFlags {
  /** Results and progress as JSON lines. */
  readonly json?: boolean | undefined;
}

/** Data goes to stdout, all else to stderr; with `--json` both as one JSON document a line. */
export class Output implements Disposable {
  readonly #context: Context;
  readonly #json: boolean;
  readonly #pace = new Pace();
  readonly #progress: Progress | undefined;
  #hasStdout = true;

  /** @param context Where text goes. */
  constructor(context: Context, flags: OutputFlags) {
    this.#context = context;
    this.#json = flags.json === true;
    this.#progress = context.isTerminal && !this.#json
      ? new Progress((text) => context.process.stderr.write(text))
      : undefined;
  }

  /** Gives standard output up to bytes: results go where all else goes. */
  leaveStdout(): void {
    this.#hasStdout = false;
  }

  /** Prints a result: the text, or with `--json` the data. */
  result(text: string, data: unknown): void {
    if (!this.#hasStdout) return this.note(text);
    this.#progress?.clear();
    this.#context.process.stdout.write(`${this.#json ? JSON.stringify(data) : text}\n`);
  }

  /** Prints a result that is a document in a form of its own, with `--json` too. */
  document(text: string): void {
    this.#progress?.clear();
    this.#context.process.stdout.write(`${text}\n`);
  }

  /** Tells the user something that is no result. */
  note(text: string): void {
    this.#progress?.clear();
    const line = this.#json ? JSON.stringify({ kind: "note", message: text }) : text;
    this.#context.process.stderr.write(`${line}\n`);
  }

  /** Hears a copy's events. */
  readonly onEvent = (event: CopyEvent): void => {
    if (this.#json) {
      if (event.kind === "progress" && !this.#pace.isDue()) return;
      this.#context.process.stderr.write(`${JSON.stringify(event)}\n`);
    } else if (event.kind === "selected") {
      this.note(`${event.destination} holds one platform's image: took ${event.platform}`);
    } else {
      this.#progress?.hear(event);
    }
  };

  /** Takes the progress line away. */
  [Symbol.dispose](): void {
    this.#progress?.clear();
  }
}
