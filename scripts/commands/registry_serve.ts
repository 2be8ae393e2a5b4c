import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { Output, type OutputFlags } from "../console/output.ts";

interface Flags extends OutputFlags {
  readonly address?: ListenAddress;
  readonly disk?: string;
}

interface ListenAddress {
  readonly hostname: string;
  readonly port: number;
}

/** `davit registry serve` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Serve a registry from memory or from a directory",
    fullDescription:
      `Serve a registry until Ctrl-C. With --disk, what is pushed stays: one OCI layout a repository.

  davit registry serve
  davit registry serve --address 0.0.0.0:5000 --disk /srv/registry`,
  },
  parameters: {
    flags: {
      json: {
        kind: "boolean",
        brief: "Say as JSON where it listens",
        optional: true,
        withNegated: false,
      },
      address: {
        kind: "parsed",
        brief: "Where to listen (127.0.0.1 and a free port unless said, or $PORT)",
        placeholder: "HOST:PORT",
        parse: parseAddress,
        optional: true,
      },
      disk: {
        kind: "parsed",
        brief: "Directory to keep everything in; memory unless said",
        placeholder: "DIR",
        parse: String,
        optional: true,
      },
    },
  },
  async func(this: Context, flags: Flags): Promise<void> {
    using output = new Output(this, flags);
    const { serveRegistry } = await import("../../lib/server/serve_registry.ts");
    const { hostname, port } = flags.address ?? parseAddress(`:${this.env("PORT") || 0}`);
    await using server = await serveRegistry({
      hostname,
      port,
      ...(flags.disk === undefined ? {} : { directory: flags.disk }),
    });
    const { address } = server;
    output.result(`serving on ${address}`, { address, ...(flags.disk && { disk: flags.disk }) });
    await interrupted(this.signal);
  },
});

function parseAddress(text: string): ListenAddress {
  const [, hostname = "", digits = ""] = /^(.*?):?(\d+)$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === "" || port > 65535) {
    throw new SyntaxError(`Cannot listen on "${text}": expected HOST:PORT, :PORT or PORT`);
  }
  return { hostname: hostname.replace(/^\[(.*)\]$/, "$1") || "127.0.0.1", port };
}

function interrupted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
