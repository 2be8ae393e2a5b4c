import { davit } from "../../scripts/davit.ts";

/** A `davit registry serve` in this process. Disposing of it is Ctrl-C. */
export interface ServedDavit extends AsyncDisposable {
  /** What its images' names begin with. */
  readonly address: string;
  /** What it has written to stderr, line by line. */
  readonly lines: readonly string[];
}

/** Runs `davit registry serve` with more words, and returns when it listens. */
export async function serveDavit(words: readonly string[]): Promise<ServedDavit> {
  const stop = new AbortController();
  const { promise: listening, resolve, reject } = Promise.withResolvers<string>();
  const lines: string[] = [];
  const running = davit(["registry", "serve", "--json", ...words], {
    process: {
      stdout: { write: (text) => resolve(JSON.parse(text).address) },
      stderr: { write: (text) => void lines.push(text.trimEnd()) },
      env: {},
    },
    env: () => undefined,
    signal: stop.signal,
    stdin: ReadableStream.from([]),
    stdout: new WritableStream(),
    isTerminal: false,
  });
  running.then((code) => reject(new Error(`exit ${code}: ${lines.join("; ")}`)));
  return {
    address: await listening,
    lines,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}
