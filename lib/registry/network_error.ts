import { NetworkError } from "../errors.ts";
import { describeUrl, redactUrls } from "./redact.ts";
import { markTemporary } from "./retry.ts";

/** Why a connection failed, as far as the words of the runtime tell. */
interface Cause {
  readonly pattern: RegExp;
  readonly says: string;
  readonly temporary: boolean;
}

const CAUSES: readonly Cause[] = [
  {
    pattern: /connection refused/i,
    says: "the connection was refused; is the registry running, and is the port right?",
    temporary: false,
  },
  {
    pattern: /dns error|failed to lookup|name or service not known/i,
    says: "there is no host of that name",
    temporary: false,
  },
  {
    pattern: /requests to port \d+ are blocked/i,
    says: "fetch() goes to no such port, on any platform; let the registry listen on another",
    temporary: false,
  },
  {
    pattern: /fatal alert: \w*Certificate/i,
    says: "it wants another certificate of us, or one at all: certs.d/HOST may have client.cert " +
      "and client.key",
    temporary: false,
  },
  {
    pattern: /invalid peer certificate|certificate/i,
    says: "its certificate is not trusted; give the certificate of its authority, or use " +
      "--insecure to trust any",
    temporary: false,
  },
  {
    pattern: /InvalidContentType|wrong version number/i,
    says: "it does not speak https; use --insecure for plain http",
    temporary: false,
  },
  {
    pattern: /closed before message completed|unexpected eof|unexpected end of file|broken pipe/i,
    says: "the connection was closed before an answer came",
    temporary: true,
  },
  { pattern: /reset/i, says: "the connection was reset", temporary: true },
  {
    pattern: /reading a body/i,
    says: "the connection was closed within the answer",
    temporary: true,
  },
];

/** Words a failure of `fetch` so that it says what happened and what to do. */
export function networkError(act: string, url: URL, failure: unknown): NetworkError {
  const text = wordsOf(failure);
  const known = CAUSES.find(({ pattern }) => pattern.test(text));
  const error = new NetworkError(
    `Cannot ${act} "${describeUrl(url)}": ${known?.says ?? lastClause(text)}`,
    { cause: new Error(redactUrls(text)) },
  );
  return known?.temporary === false ? error : markTemporary(error);
}

/** Says whether the other side is there, but may not speak the protocol that was tried. */
export function isOtherProtocol(error: unknown): error is NetworkError {
  return error instanceof NetworkError && error.cause !== undefined &&
    !/connection refused|dns error|failed to lookup|are blocked/i.test(wordsOf(error.cause));
}

/** Says whether nobody listens there, or not yet again. */
export function isRefused(error: unknown): error is NetworkError {
  return error instanceof NetworkError && /connection refused/i.test(wordsOf(error.cause));
}

/** Says whether the other side has a certificate that nobody vouches for. */
export function isUntrusted(error: unknown): boolean {
  if (!(error instanceof NetworkError)) return false;
  const words = wordsOf(error.cause);
  return /certificate/i.test(words) && !/fatal alert/i.test(words);
}

function wordsOf(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  return failure.cause === undefined
    ? failure.message
    : `${failure.message}: ${wordsOf(failure.cause)}`;
}

/** The runtime repeats the URL, secrets and all, before the reason. */
function lastClause(text: string): string {
  const clause = text.split(/: (?=[^:]*$)/).at(-1) ?? text;
  return clause.includes("://") ? "the request failed" : clause;
}
