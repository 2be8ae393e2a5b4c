/** A proxy as companies have it: absolute requests for http, tunnels for https. */
export interface ForwardProxy extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** The first line of every request to it. */
  readonly lines: readonly string[];
}

/** Starts a proxy that hands everything on. */
export function startForwardProxy(): ForwardProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const lines: string[] = [];
  const open = new Set<Deno.Conn>();
  const talks: Promise<unknown>[] = [];

  async function serve(client: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    const start = buffer.subarray(0, await client.read(buffer) ?? 0);
    const [line = ""] = new TextDecoder().decode(start).split("\r\n");
    lines.push(line);
    const [method = "", target = ""] = line.split(" ");
    const { hostname, port } = new URL(method === "CONNECT" ? `http://${target}` : target);
    const server = await Deno.connect({ hostname, port: Number(port) });
    open.add(server);
    const [to, answer] = method === "CONNECT"
      ? [client, "HTTP/1.1 200 OK\r\n\r\n"]
      : [server, start];
    await to.write(typeof answer === "string" ? new TextEncoder().encode(answer) : answer);
    await Promise.allSettled([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
  }

  const accepting = (async () => {
    for await (const client of listener) {
      open.add(client);
      talks.push(serve(client).catch(() => {}));
    }
  })();

  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    lines,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting.catch(() => {});
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // It is closed.
        }
      }
      await Promise.all(talks);
    },
  };
}
