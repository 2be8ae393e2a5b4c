import type { CallOptions } from "../layer/content_source.ts";
import { abortable } from "../stream/abortable.ts";
import { KubernetesError } from "./kubernetes_error.ts";
import type { ApiAccess } from "./api_access.ts";

/** What is sent with a request. */
export interface SendOptions extends CallOptions {
  /** Goes as JSON. */
  readonly body?: unknown;
  /** The media type of the body; `application/json` unless said. */
  readonly contentType?: string;
}

/** The API of a cluster. */
export class KubernetesApi implements Disposable {
  readonly #server: string;
  readonly #token: string | undefined;
  readonly #client: Deno.HttpClient;

  /** Asks for nothing yet. @param access Where it is, and who we are there. */
  constructor(access: ApiAccess) {
    const { server, authority, certificate: cert, key, token } = access;
    this.#server = server.replace(/\/$/, "");
    this.#token = token;
    this.#client = Deno.createHttpClient({
      ...(authority === undefined ? {} : { caCerts: [authority] }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    });
  }

  /**
   * Reads what lies at a path: `/api/v1/nodes`.
   *
   * @throws {KubernetesError} When the API refuses, or does not answer.
   */
  async get<T>(path: string, options: CallOptions = {}): Promise<T> {
    return await this.send("GET", path, options);
  }

  /**
   * Asks for a change.
   *
   * @throws {KubernetesError} When the API refuses, or does not answer.
   */
  async send<T>(method: string, path: string, options: SendOptions = {}): Promise<T> {
    return await new Response(await this.#fetch(method, path, options)).json();
  }

  /**
   * Opens what goes on and on: a log, a watch.
   *
   * @throws {KubernetesError} When the API refuses, or does not answer.
   */
  async stream(path: string, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    return await this.#fetch("GET", path, options);
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    this.#client.close();
  }

  async #fetch(
    method: string,
    path: string,
    options: SendOptions,
  ): Promise<ReadableStream<Uint8Array>> {
    const { body, contentType = "application/json", signal } = options;
    let response: Response;
    try {
      response = await fetch(`${this.#server}${path}`, {
        method,
        client: this.#client,
        headers: {
          accept: "application/json",
          ...(body === undefined ? {} : { "content-type": contentType }),
          ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new KubernetesError(`Cannot reach the API of Kubernetes at ${this.#server}: ${why}`, {
        cause,
      });
    }
    // a body that is read after a garbage collection does not hear of the signal by itself
    if (response.ok) return abortable(response.body ?? ReadableStream.from([]), signal);
    throw await refusal(method, path, response);
  }
}

const ACTS: Readonly<Record<string, string>> = {
  GET: "read",
  POST: "create",
  PATCH: "change",
  DELETE: "delete",
};

async function refusal(method: string, path: string, response: Response): Promise<KubernetesError> {
  const { status } = response;
  const text = await response.text();
  const { message, reason } = parseStatus(text);
  const [plain] = path.split("?");
  return new KubernetesError(
    `Cannot ${ACTS[method] ?? method} ${plain}: ${
      message ?? reason ?? `the API answered ${status}`
    }`,
    { status, ...(reason === undefined ? {} : { reason }) },
  );
}

function parseStatus(text: string): { readonly message?: string; readonly reason?: string } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
