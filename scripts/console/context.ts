import type { CommandContext, StricliProcess } from "@stricli/core";

/** What commands get from outside: everything that is not an argument. */
export interface Context extends CommandContext {
  /** Where text goes. */
  readonly process: StricliProcess;
  /** Reads an environment variable. */
  readonly env: (name: string) => string | undefined;
  /** Ends all work: Ctrl-C. */
  readonly signal: AbortSignal;
  /** The bytes that are piped in. */
  readonly stdin: ReadableStream<Uint8Array>;
  /** Where bytes go that a pipe may take. */
  readonly stdout: WritableStream<Uint8Array>;
  /** Whether a person is watching stderr. */
  readonly isTerminal: boolean;
}
