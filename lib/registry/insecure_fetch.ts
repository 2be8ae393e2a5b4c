import type { IncomingMessage } from "node:http";
import type { Agent } from "node:https";
import type { Fetch } from "./exchange.ts";

/** Speaks https without asking who vouches for the server; owns its connections. */
export interface InsecureFetch extends Disposable {
  readonly fetch: Fetch;
}

/**
 * `fetch` cannot be told to trust a single server: this does, by `node:https`. It goes to the server
 * itself, past any proxy.
 */
export function openInsecureFetch(): InsecureFetch {
  let agent: Agent | undefined;
  return {
    async fetch(url, init) {
      const https = await import("node:https");
      agent ??= new https.Agent({ keepAlive: true, rejectUnauthorized: false });
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const { method = "GET", headers, body, signal } = init;
      const request = https.request(url, {
        method,
        agent,
        headers: Object.fromEntries(new Headers(headers)),
        ...(signal ? { signal } : {}),
      });
      request.once("response", resolve);
      request.once("error", reject);
      send(request, body).catch((error) => {
        reject(error);
        request.destroy(error);
      });
      return await toResponse(await promise, method);
    },
    [Symbol.dispose]: () => agent?.destroy(),
  };
}

async function send(
  request: import("node:http").ClientRequest,
  body: RequestInit["body"],
): Promise<void> {
  if (body instanceof Blob) request.setHeader("content-length", body.size);
  const stream = body instanceof Blob ? body.stream() : body;
  if (stream instanceof ReadableStream) {
    for await (const chunk of stream as ReadableStream<Uint8Array>) {
      if (request.destroyed) break;
      if (!request.write(chunk)) await drained(request);
    }
  } else if (body instanceof Uint8Array) {
    request.setHeader("content-length", body.length);
    request.write(body);
  } else if (request.method !== "GET" && request.method !== "HEAD") {
    request.setHeader("content-length", 0);
  }
  request.end();
}

function drained(request: import("node:http").ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    request.once("drain", resolve);
    request.once("close", () => resolve());
  });
}

async function toResponse(message: IncomingMessage, method: string): Promise<Response> {
  const { statusCode = 500 } = message;
  const headers = new Headers();
  for (let at = 0; at + 1 < message.rawHeaders.length; at += 2) {
    headers.append(message.rawHeaders[at] ?? "", message.rawHeaders[at + 1] ?? "");
  }
  if (method === "HEAD" || [204, 205, 304].includes(statusCode)) {
    message.resume();
    return new Response(null, { status: statusCode, headers });
  }
  const { Readable } = await import("node:stream");
  const body = Readable.toWeb(message) as ReadableStream<Uint8Array>;
  return new Response(body, { status: statusCode, headers });
}
