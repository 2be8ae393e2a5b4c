import { RegistryError } from "../errors.ts";
import { type Answer, discard } from "./answer.ts";
import type { ExchangeRequest } from "./exchange.ts";
import type { Policy } from "./policy.ts";
import { describeUrl } from "./redact.ts";

const MAX_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** How redirects are followed. */
export interface RedirectOptions {
  /** Decides where they may lead. */
  readonly policy: Policy;
  /** The registry that all of this is done for. */
  readonly registry: URL;
  /** What messages call the redirect. */
  readonly kind: string;
  /** Makes one request; credentials are its business, so that none goes where it should not. */
  readonly send: (request: ExchangeRequest) => Promise<Answer>;
}

/**
 * Makes a request and follows redirects, with the method kept (but for 303).
 *
 * @throws {RegistryError} After 10 redirects, or when a single-pass body would have to be sent again.
 * @throws {PolicyError} When a redirect leads where it is not followed.
 */
export async function followRedirects(
  first: ExchangeRequest,
  options: RedirectOptions,
): Promise<Answer> {
  const { policy, registry, kind, send } = options;
  let request = first;
  for (let hops = 0;; hops++) {
    const answer = await send(request);
    const location = answer.headers.get("location");
    if (!REDIRECTS.has(answer.status) || location === null) return answer;
    await discard(answer);
    const target = URL.parse(location, answer.url);
    if (target === null) throw refused(answer, "a redirect to a URL");
    if (hops === MAX_REDIRECTS) throw refused(answer, `at most ${MAX_REDIRECTS} redirects`);
    if (isSpent(request)) throw refused(answer, "no redirect of bytes that can be sent once only");
    await policy.check({ target, kind, from: answer.url, registry, signal: first.signal });
    request = answer.status === 303 && request.method !== "HEAD"
      ? { ...request, url: target, method: "GET", body: undefined }
      : { ...request, url: target };
  }
}

function isSpent({ body }: ExchangeRequest): boolean {
  return body !== undefined && !(body instanceof Uint8Array) && !body.replayable;
}

function refused({ method, url, status, headers }: Answer, expected: string): RegistryError {
  const target = URL.parse(headers.get("location") ?? "", url);
  const where = target === null ? "" : ` to "${describeUrl(target)}"`;
  return new RegistryError(
    `Cannot ${method} "${describeUrl(url)}": expected ${expected}, got ${status}${where}`,
    status,
  );
}
