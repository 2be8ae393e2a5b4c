import { NetworkError } from "../errors.ts";
import { abortable } from "../stream/abortable.ts";
import type { Answer } from "./answer.ts";
import { networkError } from "./network_error.ts";
import { OutgoingBody } from "./outgoing_body.ts";
import { describeUrl } from "./redact.ts";
import { markTemporary } from "./retry.ts";
import { watchBody } from "./watch.ts";

/** Bytes to send that are not whole in memory. */
export interface StreamBody {
  /** Whether `open()` works more than once. */
  readonly replayable: boolean;
  /** How many bytes there are, when that is known: they go out with their length then. */
  readonly size?: number | undefined;
  /** Opens the bytes. */
  open(): Promise<ReadableStream<Uint8Array>>;
}

/** What goes out with a request. */
export type Body = Uint8Array | StreamBody;

/** How long a silent server is waited for. */
export interface Patience {
  /** From the last byte of the request to the head of the answer, in milliseconds. */
  readonly responseTimeoutMs: number;
  /** Between two pieces of a body, either way, in milliseconds. */
  readonly stallTimeoutMs: number;
}

/** Who is silent twice is not asked a third time: each time is a long wait. */
const SILENT_ATTEMPTS = 2;

/** One HTTP request. */
export interface ExchangeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body?: Body | undefined;
  /** Instead of the usual patience with the head of the answer. */
  readonly responseTimeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The function that speaks HTTP. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

/**
 * Makes one request, without redirects, credentials or retries: `fetch`, with time limits and errors
 * that say what happened.
 *
 * @throws {NetworkError} When there is no answer. An error of the body's source passes as it is.
 */
export async function exchange(
  fetch: Fetch,
  request: ExchangeRequest,
  patience: Patience,
): Promise<Answer> {
  const { method, url, headers, body, signal } = request;
  signal?.throwIfAborted();
  const deadline = new Deadline(request, patience);
  const outgoing = body === undefined || body instanceof Uint8Array
    ? undefined
    : new OutgoingBody(await body.open(), {
      size: body.size,
      stallTimeoutMs: patience.stallTimeoutMs,
      stalled: () => deadline.expire(`it took no more bytes for ${patience.stallTimeoutMs} ms`),
      sent: () => deadline.start(),
    });
  if (outgoing === undefined) deadline.start();
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: "manual",
      signal: deadline.signal,
      ...(body === undefined ? {} : { body: outgoing?.body ?? body as Uint8Array<ArrayBuffer> }),
    });
    return {
      method,
      url,
      status: response.status,
      headers: response.headers,
      body: watch(response),
    };
  } catch (error) {
    signal?.throwIfAborted();
    if (outgoing?.failure !== undefined) throw outgoing.failure.error;
    deadline.signal.throwIfAborted();
    throw networkError(method, url, error);
  } finally {
    deadline.stop();
    outgoing?.close();
  }

  function watch(response: Response): ReadableStream<Uint8Array> | undefined {
    if (response.body === null) return undefined;
    const { stallTimeoutMs } = patience;
    // After a garbage collection, fetch() no longer ends a body at the signal of its request.
    return watchBody(abortable(response.body, signal), {
      stallTimeoutMs,
      failure(cause) {
        if (signal?.aborted) return signal.reason;
        if (cause !== undefined) return networkError(`read the answer to ${method}`, url, cause);
        return silence(request, `no byte came for ${stallTimeoutMs} ms`);
      },
    });
  }
}

/** Ends a request at the caller's signal or when the server is silent for too long. */
class Deadline {
  readonly signal: AbortSignal;
  readonly #controller: AbortController = new AbortController();
  readonly #request: ExchangeRequest;
  readonly #patience: Patience;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(request: ExchangeRequest, patience: Patience) {
    this.#request = request;
    this.#patience = patience;
    this.signal = request.signal === undefined
      ? this.#controller.signal
      : AbortSignal.any([request.signal, this.#controller.signal]);
  }

  start(): void {
    const { responseTimeoutMs = this.#patience.responseTimeoutMs } = this.#request;
    const why = `no answer came within ${responseTimeoutMs} ms`;
    this.#timer ??= setTimeout(() => this.expire(why), responseTimeoutMs);
  }

  expire(why: string): void {
    this.#controller.abort(silence(this.#request, why));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function silence({ method, url }: ExchangeRequest, why: string): NetworkError {
  const error = new NetworkError(`Cannot ${method} "${describeUrl(url)}": ${why}`);
  return markTemporary(error, { attempts: SILENT_ATTEMPTS });
}
