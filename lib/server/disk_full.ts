import { FileError } from "../errors.ts";
import { Refusal } from "./refusal.ts";

const FULL: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);

/** The refusal of what the disk has no room for; `undefined` when something else went wrong. */
export function diskFull(error: unknown): Refusal | undefined {
  const cause = error instanceof FileError ? error.cause : error;
  if (!(cause instanceof Error && "code" in cause && FULL.has(cause.code))) return undefined;
  return new Refusal(507, "DENIED", "the registry's disk is full", { cause: error });
}
