import { Refusal } from "./refusal.ts";

/** Makes a registry misbehave, to try clients on. What is asked for together happens together. */
export interface FaultRule {
  /** The method; any unless said. */
  readonly method?: string;
  /** A regular expression that is in the path and query; any unless said. */
  readonly path?: string;
  /** How many requests that match are spared first; none unless said. */
  readonly skip?: number;
  /** How many requests that match then suffer; all unless said. */
  readonly times?: number;
  /** Waits for so many milliseconds before anything else. */
  readonly stallMs?: number;
  /** Answers with this status, and does nothing. */
  readonly status?: number;
  /** The `Retry-After` of that answer: seconds, or a date. */
  readonly retryAfter?: string;
  /** Breaks the connection after so many bytes of the answer's body. */
  readonly cutAfterBytes?: number;
  /** Names another digest than the content's in `Docker-Content-Digest`. */
  readonly wrongDigest?: boolean;
  /** Sends the answer's body no faster than this. */
  readonly bytesPerSecond?: number;
}

const WRONG_DIGEST = `sha256:${"0".repeat(64)}`;

/** The faults of a registry. Of the rules that match a request, the first that is not spent counts. */
export class Faults {
  readonly #rules: readonly Rule[];

  /** @throws {SyntaxError} For a path that is no regular expression. */
  constructor(rules: readonly FaultRule[] = []) {
    this.#rules = rules.map((rule) => new Rule(rule));
  }

  /**
   * Answers a request as the rules want it.
   *
   * @param target The path and query.
   * @throws {Refusal} When a rule gives the status.
   */
  async around(
    request: Request,
    target: string,
    answer: () => Promise<Response>,
  ): Promise<Response> {
    const fault = this.#rules.find((rule) => rule.strikes(request.method, target))?.fault;
    if (fault === undefined) return await answer();
    const { stallMs, status, retryAfter, wrongDigest = false } = fault;
    if (stallMs !== undefined) await sleep(stallMs, request.signal);
    if (status !== undefined) {
      throw new Refusal(status, "UNKNOWN", "a fault on demand", {
        headers: retryAfter === undefined ? {} : { "retry-after": retryAfter },
      });
    }
    const response = await sized(await answer());
    if (wrongDigest) response.headers.set("docker-content-digest", WRONG_DIGEST);
    const { cutAfterBytes = Infinity, bytesPerSecond = Infinity } = fault;
    if (response.body === null || Math.min(cutAfterBytes, bytesPerSecond) === Infinity) {
      return response;
    }
    const body = spoil(response.body, { cutAfterBytes, bytesPerSecond, signal: request.signal });
    return new Response(body, { status: response.status, headers: response.headers });
  }
}

class Rule {
  readonly fault: FaultRule;
  readonly #path: RegExp;
  #seen = 0;

  constructor(fault: FaultRule) {
    this.fault = fault;
    this.#path = new RegExp(fault.path ?? "");
  }

  /** Counts a request that matches, and says whether it suffers. */
  strikes(method: string, target: string): boolean {
    const { skip = 0, times = Infinity } = this.fault;
    if (method !== (this.fault.method ?? method) || !this.#path.test(target)) return false;
    this.#seen++;
    return this.#seen > skip && this.#seen <= skip + times;
  }
}

interface Spoiling {
  readonly cutAfterBytes: number;
  readonly bytesPerSecond: number;
  readonly signal: AbortSignal;
}

/** Says how long the answer is, so that a body that ends early is a broken connection. */
async function sized(response: Response): Promise<Response> {
  if (response.body === null || response.headers.has("content-length")) return response;
  const bytes = await response.bytes();
  response.headers.set("content-length", String(bytes.length));
  return new Response(bytes, { status: response.status, headers: response.headers });
}

function spoil(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { cutAfterBytes, bytesPerSecond, signal }: Spoiling,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  /** What is sent at once: a tenth of a second's bytes. */
  const most = Math.max(1, Math.floor(bytesPerSecond / 10));
  return ReadableStream.from((async function* () {
    let left = cutAfterBytes;
    for await (const chunk of body) {
      for (let start = 0; start < chunk.length; start += most) {
        const part = chunk.subarray(start, Math.min(chunk.length, start + most, start + left));
        if (bytesPerSecond !== Infinity) {
          await sleep(part.length / bytesPerSecond * 1000, signal);
        }
        left -= part.length;
        if (part.length > 0) yield part;
        if (left === 0) return;
      }
    }
  })());
}

/** Waits, or until the client is gone. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise.finally(() => clearTimeout(timer));
}
