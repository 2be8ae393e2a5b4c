import { ExitCode } from "@stricli/core";
import {
  AlreadyExistsError,
  MissingContentError,
  NotFoundError,
  PlatformError,
  RecreationError,
  SpecError,
} from "../../lib/errors.ts";

/** What the process tells its caller. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  alreadyExists: 4,
  different: 5,
  interrupted: 130,
} as const;

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  const isMissing = [NotFoundError, PlatformError, MissingContentError]
    .some((kind) => error instanceof kind);
  if (isMissing) return EXIT.notFound;
  if (error instanceof AlreadyExistsError) return EXIT.alreadyExists;
  if (error instanceof DifferenceError || error instanceof RecreationError) return EXIT.different;
  if (error instanceof InterruptedError) return EXIT.interrupted;
  const isUsage = [UsageError, SpecError, SyntaxError].some((kind) => error instanceof kind);
  return isUsage ? EXIT.usage : EXIT.failed;
}

/** The exit code for what the argument parser reports: all its own failures are the user's. */
export function exitCodeOfParser(code: number | string | null | undefined): number {
  const number = Number(code ?? EXIT.done);
  if (number >= 0) return number;
  const usage: readonly number[] = [ExitCode.UnknownCommand, ExitCode.InvalidArgument];
  return usage.includes(number) ? EXIT.usage : EXIT.failed;
}

/** Words that do not go together. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was compared is not the same: no failure, but what a script wants to know. */
export class DifferenceError extends Error {
  override readonly name = "DifferenceError";
}

/** The user or the system told the process to end. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";

  /** @param signal The signal that came. */
  constructor(signal: Deno.Signal) {
    super(`Interrupted by ${signal}: nothing half-written was published`);
  }
}
