import { buildCommand, type Command } from "@stricli/core";
import { parseByteSize } from "../console/byte_size.ts";
import type { Context } from "../console/context.ts";
import { parseDuration } from "../console/duration.ts";
import { COMMON_FLAGS } from "../console/flags.ts";
import { Output, type OutputFlags } from "../console/output.ts";
import { garbageLog, requestLog } from "../console/request_log.ts";
import { parseUpstream } from "../console/server.ts";
import { readServeOptions, type ServeFlags } from "../console/serve_options.ts";
import { UpstreamClients, type UpstreamFlags } from "../console/upstream_clients.ts";

interface Flags extends OutputFlags, ServeFlags, UpstreamFlags {
  readonly address?: ListenAddress;
  readonly log?: boolean;
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
/metrics is for Prometheus, /healthz for whoever restarts it.

With --htpasswd, whoever asks must sign in. --access then says who may do what; what it does not
allow is refused. "*" is any user, "anonymous" everybody; "**" reaches across slashes:

  [{ "repositories": "open/**", "users": ["anonymous"], "actions": ["pull"] },
   { "repositories": "**", "users": ["ann"], "actions": ["pull", "push", "delete"] }]

With --fault, requests that a rule matches fail: by status (and retryAfter), stallMs, cutAfterBytes,
bytesPerSecond or wrongDigest; skip and times count the requests. The path is a regular expression:

  [{ "method": "GET", "path": "/blobs/", "skip": 1, "times": 2, "status": 429, "retryAfter": "1" }]

With --upstream, what clients ask of that registry is fetched, verified, kept and served, with the
credentials that docker and podman have here. containerd names the registry itself (ns); to others
it is the first word: ADDRESS/docker.io/library/alpine. What --fallback names is also asked for
alpine alone, as Docker asks its registry-mirrors. While a registry fails, its images are served as
they were. With --cache-for, what nobody asks for any more makes room.

  davit registry serve
  davit registry serve --disk cache --upstream docker.io --upstream ghcr.io --fallback docker.io
  davit registry serve --address 0.0.0.0:5000 --disk /srv/registry
  davit registry serve --tls-cert registry.crt --tls-key registry.key --log 2>> requests.log
  htpasswd -Bc users ann && davit registry serve --htpasswd users`,
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
      readOnly: {
        kind: "boolean",
        brief: "Refuse pushes and deletions",
        optional: true,
        withNegated: false,
      },
      sparse: {
        kind: "boolean",
        brief: "Take manifests whose parts are not all there, such as one platform of an index",
        optional: true,
        withNegated: false,
      },
      tlsCert: {
        kind: "parsed",
        brief: "Serve HTTPS with this certificate (PEM, with its chain)",
        placeholder: "FILE",
        parse: String,
        optional: true,
      },
      tlsKey: {
        kind: "parsed",
        brief: "The key of the certificate (PEM)",
        placeholder: "FILE",
        parse: String,
        optional: true,
      },
      htpasswd: {
        kind: "parsed",
        brief: "Ask for a user and password of this file (htpasswd -B)",
        placeholder: "FILE",
        parse: String,
        optional: true,
      },
      access: {
        kind: "parsed",
        brief: "Who may pull, push and delete what, as JSON; users may do all unless said",
        placeholder: "FILE",
        parse: String,
        optional: true,
      },
      tokens: {
        kind: "boolean",
        brief: "Give users tokens for their password, as Docker's token authentication has it",
        optional: true,
        withNegated: false,
      },
      url: {
        kind: "parsed",
        brief: "Where clients ask for tokens, when a proxy is in front: https://registry.example",
        placeholder: "URL",
        parse: parseUrl,
        optional: true,
      },
      fault: {
        kind: "parsed",
        brief: "Misbehave as this file says, as JSON, to try clients on",
        placeholder: "FILE",
        parse: String,
        optional: true,
      },
      quota: {
        kind: "parsed",
        brief: "How much to keep in all, such as 50GB: pushes beyond it are refused",
        placeholder: "SIZE",
        parse: parseByteSize,
        optional: true,
      },
      repositoryQuota: {
        kind: "parsed",
        brief: "How much to keep in each repository",
        placeholder: "SIZE",
        parse: parseByteSize,
        optional: true,
      },
      gc: {
        kind: "parsed",
        brief: "Remove what no manifest needs, this often: 6h",
        placeholder: "TIME",
        parse: parseDuration,
        optional: true,
      },
      gcDelay: {
        kind: "parsed",
        brief: "How long what is new is left alone then; 1h unless said",
        placeholder: "TIME",
        parse: parseDuration,
        optional: true,
      },
      gcUntagged: {
        kind: "boolean",
        brief: "Remove manifests too that no tag leads to",
        optional: true,
        withNegated: false,
      },
      cacheFor: {
        kind: "parsed",
        brief: "Forget images of upstreams that nobody has asked for this long: 720h",
        placeholder: "TIME",
        parse: parseDuration,
        optional: true,
      },
      upstream: {
        kind: "parsed",
        brief: "Registry to fetch from, and to keep what comes: docker.io, http://10.0.0.9",
        placeholder: "HOST",
        parse: parseUpstream,
        optional: true,
        variadic: true,
      },
      fallback: {
        kind: "parsed",
        brief: "Upstream to ask for what is not here and was named without a registry",
        placeholder: "HOST",
        parse: parseUpstream,
        optional: true,
      },
      ca: COMMON_FLAGS.ca,
      log: {
        kind: "boolean",
        brief: "Write every request to stderr as a line of JSON",
        optional: true,
        withNegated: false,
      },
    },
  },
  async func(this: Context, flags: Flags): Promise<void> {
    using output = new Output(this, flags);
    const { serveRegistry } = await import("../../lib/server/serve_registry.ts");
    using upstreams = new UpstreamClients(this, flags, output);
    const { hostname, port } = flags.address ?? parseAddress(`:${this.env("PORT") || 0}`);
    const { stderr } = this.process;
    const logs = flags.log ? { log: requestLog(stderr), garbage: garbageLog(stderr) } : {};
    await using server = await serveRegistry({
      hostname,
      port,
      ...await readServeOptions(flags, logs),
      ...await upstreams.options(),
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

function parseUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === "https:" || url?.protocol === "http:") return url.origin;
  throw new SyntaxError(`Cannot give tokens at "${text}": expected https://HOST[:PORT]`);
}

function interrupted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
