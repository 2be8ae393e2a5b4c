import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import type { Fetch } from "../../lib/registry/exchange.ts";
import { Repository } from "../../lib/registry/repository.ts";
import type { Clock } from "../../lib/registry/retry.ts";
import { Transport, type TransportOptions } from "../../lib/registry/transport.ts";
import { bytesContent, type Content } from "../../lib/store/content.ts";

/** A request as a server of the {@linkcode World} saw it. */
export interface Seen {
  /** `METHOD origin/path?query`. */
  readonly line: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Answers a request to one server. */
export type Handler = (request: Seen, count: number) => Response | Promise<Response>;

/** Servers that exist in this process only, and all that they were sent. */
export interface World {
  readonly fetch: Fetch;
  readonly seen: readonly Seen[];
  /** `METHOD /path` of each request, with the host where it is not the registry's. */
  readonly lines: readonly string[];
  /** The waits that were asked of the clock, in milliseconds. */
  readonly waits: readonly number[];
  readonly clock: Clock & { advance(ms: number): void };
}

export const HOST = "registry.example";
export const ORIGIN = "https://registry.example";

/** Makes a world of servers by origin; a lone handler is the registry. */
export function createWorld(servers: Readonly<Record<string, Handler>> | Handler): World {
  const handlers = typeof servers === "function" ? { [ORIGIN]: servers } : servers;
  const seen: Seen[] = [];
  const waits: number[] = [];
  let now = Date.UTC(2026, 0, 1);
  return {
    seen,
    waits,
    get lines() {
      return seen.map(({ line }) => line.replace(`${ORIGIN}/`, "/"));
    },
    async fetch(url, init) {
      init.signal?.throwIfAborted();
      const handler = handlers[url.origin];
      if (handler === undefined) {
        throw new TypeError("fetch failed", {
          cause: new Error(`client error (Connect): dns error: no ${url.host}`),
        });
      }
      const request = {
        line: `${init.method} ${url.href}`,
        url,
        headers: new Headers(init.headers),
        body: await new Response(init.body ?? null).bytes(),
      };
      seen.push(request);
      return await handler(request, seen.length);
    },
    clock: {
      now: () => now,
      sleep(ms, signal) {
        signal?.throwIfAborted();
        waits.push(ms);
        now += ms;
        return Promise.resolve();
      },
      advance(ms) {
        now += ms;
      },
    },
  };
}

/** A transport in a world where names are public addresses and no time passes. */
export function openTransport(world: World, options: TransportOptions = {}): Transport {
  return new Transport({
    fetch: world.fetch,
    clock: world.clock,
    random: () => 1,
    resolve: () => Promise.resolve(["203.0.113.9"]),
    ...options,
  });
}

/** The repository `app` of the registry of a world. */
export function openApp(world: World, options: TransportOptions = {}): Repository {
  const transport = openTransport(world, options);
  return new Repository({ registry: HOST, repository: "app" }, { transport });
}

/** Bytes with the descriptor that names them. */
export interface Described {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly descriptor: Descriptor;
}

/** Text as content. */
export async function describe(
  text: string | Uint8Array<ArrayBuffer>,
  mediaType: string = MEDIA_TYPE.ociLayerGzip,
): Promise<Described> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return { bytes, descriptor: { mediaType, digest: await digestBytes(bytes), size: bytes.length } };
}

/** An image manifest without layers. */
export function describeManifest(comment = ""): Promise<Described> {
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: {
      mediaType: MEDIA_TYPE.ociConfig,
      digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      size: 2,
    },
    layers: [],
    annotations: { comment },
  };
  return describe(JSON.stringify(manifest), MEDIA_TYPE.ociManifest);
}

/** Answers as a registry that takes uploads; each step sends the next elsewhere. */
export function upload({ line }: Seen): Response {
  const [method = ""] = line.split(" ");
  const status = { POST: 202, PATCH: 202, PUT: 201, DELETE: 204, HEAD: 404 }[method] ?? 200;
  const location = { POST: "/up?_state=a%2Bb", PATCH: `${ORIGIN}/up/2?_state=c&x=y` }[method];
  return new Response(null, { status, headers: location === undefined ? {} : { location } });
}

/** Bytes as content whose digest is known. */
export function contentOf({ bytes, descriptor }: Described): Content {
  return bytesContent(bytes, descriptor);
}

/** Content whose digest is known when it has passed. */
export function singlePass({ bytes, descriptor }: Described, source?: ReadableStream): Content {
  return {
    mediaType: descriptor.mediaType,
    descriptor: undefined,
    open: () => Promise.resolve(source ?? new Blob([bytes]).stream()),
    sealed: () => Promise.resolve(descriptor),
  };
}

/** An answer in the words of the distribution spec. */
export function errorAnswer(
  status: number,
  code: string,
  message = "",
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json({ errors: [{ code, message }] }, { status, headers });
}

/** Reads a stream to its end. */
export function readBytes(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Response(stream).bytes();
}
