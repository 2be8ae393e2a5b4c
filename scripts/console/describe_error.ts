import { DavitError } from "../../lib/errors.ts";

/** What the text of an error depends on. */
export interface DescribeOptions {
  /** Names the causes too. */
  readonly verbose: boolean;
  /** One JSON object instead of text. */
  readonly json: boolean;
}

/** Writes an error for the user: one line; with `verbose` its causes, a line each. */
export function describeError(error: unknown, { verbose, json }: DescribeOptions): string {
  const message = messageOf(error);
  if (json) {
    const code = error instanceof DavitError ? { code: error.code } : {};
    return JSON.stringify({ kind: "error", ...code, message });
  }
  const causes = verbose ? causesOf(error).map((cause) => `\n  because: ${messageOf(cause)}`) : [];
  return `davit: ${message}${causes.join("")}`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "" ? error.name : error.message;
}

function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  let current = error;
  while (current instanceof Error && current.cause !== undefined && causes.length < 10) {
    current = current.cause;
    causes.push(current);
  }
  return causes;
}
