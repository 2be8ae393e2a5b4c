/** A way to a server on which connections break. */
export interface CuttingProxy extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** The bytes that went to the server so far. */
  readonly sent: () => number;
  /** How many connections were cut. */
  readonly cuts: () => number;
}

/**
 * Hands connections on to a server. When as many bytes in all have gone there as the next of the
 * points says, the connection that carried them is cut, both ways.
 */
export function cutConnections(upstream: string, points: readonly number[]): CuttingProxy {
  const [hostname = "", port = ""] = upstream.split(":");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const ahead = [...points];
  const pipes: Promise<void>[] = [];
  let sent = 0;
  let cuts = 0;

  function close(connection: Deno.Conn): void {
    if (open.delete(connection)) connection.close();
  }

  async function pipe(from: Deno.Conn, to: Deno.Conn, counts: boolean): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (;;) {
        const size = await from.read(buffer);
        if (size === null) break;
        for (let at = 0; at < size;) at += await to.write(buffer.subarray(at, size));
        if (counts) sent += size;
        if (counts && sent >= (ahead[0] ?? Infinity)) {
          ahead.shift();
          cuts++;
          break;
        }
      }
    } catch {
      // One of the two is gone: so shall be the other.
    }
    close(from);
    close(to);
  }

  const accepting = (async () => {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname, port: Number(port) });
      open.add(client).add(server);
      pipes.push(pipe(client, server, true), pipe(server, client, false));
    }
  })();

  return {
    address: `127.0.0.1:${listener.addr.port}`,
    sent: () => sent,
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting.catch(() => {});
      for (const connection of [...open]) close(connection);
      await Promise.all(pipes);
    },
  };
}
