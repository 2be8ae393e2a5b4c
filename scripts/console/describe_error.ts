import { DavitError } from "../../lib/errors.ts";
import { EXIT, exitCodeOf } from "./exit_code.ts";

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
  if (json) return JSON.stringify({ kind: "error", ...codeOf(error), message });
  const causes = verbose ? causesOf(error).map((cause) => `\n  because: ${messageOf(cause)}`) : [];
  return `davit: ${message}${causes.join("")}`;
}

function codeOf(error: unknown): { readonly code?: string } {
  if (error instanceof DavitError) return { code: error.code };
  return exitCodeOf(error) === EXIT.usage ? { code: "ERR_USAGE" } : {};
}

/** One printable line: what others named ends up on a terminal. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? textOf(error) : String(error);
  return text.trim().replace(/\s*\n\s*/g, "; ").replace(UNPRINTABLE, escape);
}

/** What nobody expected of the system, in its words and without its numbers. */
function textOf({ name, message }: Error): string {
  const [, reason, act, path] = SYSTEM_ERROR.exec(message) ?? [];
  if (reason === undefined) return message || name;
  const what = act === undefined ? "Cannot go on" : `Cannot ${ACTS[act] ?? act} "${path}"`;
  return `${what}: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
}

/** As Deno writes them: `Is a directory (os error 21): open 'PATH'`. */
const SYSTEM_ERROR = /^([^:]*) \(os error \d+\)(?:: (\w+) '(.*?)'.*)?$/s;

/** The system's calls, in words. */
const ACTS: Readonly<Record<string, string>> = {
  mkdir: "make",
  readfile: "read",
  writefile: "write",
  readdir: "list",
};

/** Control characters, and those that turn the direction of text. */
const UNPRINTABLE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
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
