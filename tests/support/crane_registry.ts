import { findCommand } from "./command.ts";
import { freePort, untilListening } from "./listening.ts";

/** A running `crane registry serve`. */
export interface CraneRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly name: string;
}

/** Starts crane's registry on a free port and waits until it listens. */
export async function startCraneRegistry(): Promise<CraneRegistry> {
  const port = freePort();
  const child = new Deno.Command(findCommand("crane") ?? "crane", {
    args: ["registry", "serve", "--address", `127.0.0.1:${port}`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await untilListening(port);
  return {
    name: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
      await child.status;
    },
  };
}
