/** What a {@linkcode rawServer} does with a request: speak, or not, byte by byte. */
export interface RawConversation {
  /** The request's first line. */
  readonly line: string;
  /** The head of the request. */
  readonly head: string;
  /** How many requests came before. */
  readonly count: number;
  /** Sends text as it is. */
  send(text: string): Promise<void>;
  /** Closes the connection. */
  close(): void;
  /** Waits until the other side closes it. */
  closed(): Promise<void>;
}

/** A server that breaks the rules of HTTP as it is told. */
export interface RawServer extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly name: string;
  /** The first lines of the requests so far. */
  readonly lines: readonly string[];
}

/** Serves each connection's first request by a script. */
export function rawServer(script: (talk: RawConversation) => Promise<void>): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.Conn>();
  const talks: Promise<void>[] = [];
  const lines: string[] = [];
  const accepting = (async () => {
    for await (const connection of listener) {
      connections.add(connection);
      talks.push(converse(connection).catch(() => {}).finally(() => hangUp(connection)));
    }
  })();

  function hangUp(connection: Deno.Conn): void {
    if (connections.delete(connection)) connection.close();
  }

  async function converse(connection: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(16_384);
    const size = await connection.read(buffer);
    const head = new TextDecoder().decode(buffer.subarray(0, size ?? 0));
    const [line = ""] = head.split("\r\n");
    const count = lines.push(line) - 1;
    await script({
      line,
      head,
      count,
      async send(text) {
        const bytes = new TextEncoder().encode(text);
        for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
      },
      close: () => hangUp(connection),
      async closed() {
        while (await connection.read(buffer) !== null);
      },
    });
  }

  return {
    name: `127.0.0.1:${listener.addr.port}`,
    lines,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting.catch(() => {});
      connections.forEach(hangUp);
      await Promise.all(talks);
    },
  };
}

/** The head of an answer, with the connection to be closed after it. */
export function head(status: number, headers: Readonly<Record<string, string | number>>): string {
  const fields = Object.entries({ connection: "close", ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Status\r\n${fields.join("")}\r\n`;
}
