/** Takes text. */
export interface TextStream {
  /** Writes text, at once. */
  write(text: string): void;
}

/** The side of a process that a command line speaks through. */
export interface Terminal {
  /** Where results go. */
  readonly stdout: TextStream;
  /** Where all else goes. */
  readonly stderr: TextStream;
  /** Variables that the argument parser looks at. */
  readonly env?: Readonly<Partial<Record<string, string>>>;
  /** Set by the argument parser. */
  exitCode?: number | string | null;
}

/** What commands get from outside: everything that is not an argument. */
export interface Context {
  /** Where text goes. */
  readonly process: Terminal;
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
  /** Whether a person is typing, so that an editor can be opened; not unless said. */
  readonly isInteractive?: boolean;
  /**
   * Asks the person who is typing for a line; absent where nobody is.
   *
   * @param isSecret Whether the answer is not shown.
   */
  readonly ask?: (question: string, isSecret: boolean) => Promise<string>;
}
