import { RegistryError, UnauthorizedError } from "../errors.ts";
import { type Answer, readStart } from "./answer.ts";
import { describeUrl } from "./redact.ts";
import { markTemporary, parseRetryAfter } from "./retry.ts";

const MAX_ERROR_BYTES = 64 * 1024;
const MAX_SHOWN = 300;

const TEMPORARY_STATUSES = new Set([408, 425, 429, 499, 500, 502, 503, 504, 522]);
/** Reasons that pass, whatever the status. */
const TEMPORARY_CODES = new Set(["TOOMANYREQUESTS", "UNAVAILABLE"]);
/** Reasons that may pass, unless there is another; go-containerregistry takes them for such. */
const DOUBTFUL_CODES = new Set([...TEMPORARY_CODES, "BLOB_UPLOAD_INVALID", "UNKNOWN"]);
/** Statuses that say more than a doubtful reason. */
const TELLING_STATUSES = new Set([401, 403, 404, 405]);

/** One entry of an error answer. */
interface Complaint {
  readonly code: string;
  readonly text: string;
}

/** What an error of an answer is worded with. */
export interface ErrorContext {
  /** What was hoped for, such as `200`. */
  readonly expected: string;
  /** Says what to do about a refusal; asked only when there is one. */
  readonly advice: () => Promise<string>;
  /** Milliseconds since the epoch, for dates in the answer. */
  readonly now: number;
}

/**
 * Turns an answer that was not hoped for into an error, and reads its body for the reason.
 */
export async function answerError(
  answer: Answer,
  context: ErrorContext,
): Promise<RegistryError | UnauthorizedError> {
  const { method, url, status, headers } = answer;
  const complaints = readComplaints(await readStart(answer, MAX_ERROR_BYTES));
  const reasons = complaints.map(({ text }) => text).join("; ");
  const codes = complaints.map(({ code }) => code).filter(Boolean);
  const message = `Cannot ${method} "${describeUrl(url)}": expected ${context.expected}, got ` +
    `${status}${reasons === "" ? describeStatus(status) : ` ${reasons}`}`;
  const afterMs = parseRetryAfter(headers.get("retry-after"), context.now);
  const temporary = TEMPORARY_STATUSES.has(status) || isTemporary(codes, status);
  if (!temporary && (status === 401 || status === 403)) {
    return new UnauthorizedError(`${message}; ${await context.advice()}`, status);
  }
  const asked = afterMs === undefined ? "" : `; try again in ${Math.ceil(afterMs / 1000)} s`;
  const error = new RegistryError(message + asked, status, { errorCodes: codes });
  return temporary ? markTemporary(error, afterMs === undefined ? {} : { afterMs }) : error;
}

function isTemporary(codes: readonly string[], status: number): boolean {
  if (codes.some((code) => TEMPORARY_CODES.has(code))) return true;
  if (codes.length === 0 || TELLING_STATUSES.has(status)) return false;
  return codes.every((code) => DOUBTFUL_CODES.has(code));
}

function readComplaints(body: string): Complaint[] {
  const document = parseJson(body);
  const errors = isRecord(document) && Array.isArray(document["errors"]) ? document["errors"] : [];
  const complaints = errors.filter(isRecord).map(({ code, message }) => ({
    code: typeof code === "string" ? code.slice(0, MAX_SHOWN) : "",
    text: [code, message].filter((part) => typeof part === "string" && part !== "").join(": "),
  }));
  if (complaints.length > 0) {
    return complaints.slice(0, 5).map(({ code, text }) => ({ code, text: shorten(text) }));
  }
  const plain = isRecord(document)
    ? [document["details"], document["message"], document["error_description"], document["error"]]
      .find((text) => typeof text === "string")
    : isReadable(body)
    ? body
    : undefined;
  return typeof plain === "string" && plain.trim() !== ""
    ? [{ code: "", text: shorten(plain.trim()) }]
    : [];
}

/** A page of HTML explains nothing in one line. */
function isReadable(body: string): boolean {
  return !body.trimStart().startsWith("<");
}

/** One printable line: what a server says ends up on a terminal. */
function shorten(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}

function describeStatus(status: number): string {
  const names: Readonly<Record<number, string>> = {
    400: "bad request",
    401: "unauthorized",
    403: "forbidden",
    404: "not found",
    405: "method not allowed",
    413: "too large",
    416: "range not satisfiable",
    429: "too many requests",
    500: "internal server error",
    502: "bad gateway",
    503: "service unavailable",
    504: "gateway timeout",
  };
  const name = names[status];
  return name === undefined ? "" : ` ${name}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
