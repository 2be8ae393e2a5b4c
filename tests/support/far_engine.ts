import { findCommand } from "./command.ts";
import type { Engine } from "./engine.ts";

/** An engine that answers on a port too, as one on another machine does. */
export interface FarEngine extends AsyncDisposable {
  /** The port, of this machine. */
  readonly port: number;
}

/** Has an engine answer on a port too, by socat. */
export async function openFarEngine({ host }: Engine): Promise<FarEngine> {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  const child = new Deno.Command(findCommand("socat") ?? "socat", {
    args: [
      ...["-t", "600"],
      `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr`,
      `UNIX-CONNECT:${host.replace("unix://", "")}`,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await untilListens(port);
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

async function untilListens(port: number): Promise<void> {
  for (;;) {
    try {
      return (await Deno.connect({ port })).close();
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
