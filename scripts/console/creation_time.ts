import { UsageError } from "./exit_code.ts";
import { formatTime, type Time } from "./time.ts";

/** When the things that are made now were made, as far as anyone can tell. */
export interface CreationTime extends Time {
  /** Whether the user said so. */
  readonly isGiven: boolean;
}

/**
 * The time that goes into what is made: `SOURCE_DATE_EPOCH`, else 1970, so that the same inputs
 * give the same digest.
 *
 * @see {@link https://reproducible-builds.org/specs/source-date-epoch/ SOURCE_DATE_EPOCH}
 */
export function creationTime(env: (name: string) => string | undefined): CreationTime {
  const text = env("SOURCE_DATE_EPOCH") ?? "";
  if (!/^\d{0,11}$/.test(text)) {
    throw new UsageError(
      `Cannot use SOURCE_DATE_EPOCH "${text}": expected seconds since 1970, a whole number`,
    );
  }
  const seconds = Number(text);
  return { seconds, text: formatTime(seconds), isGiven: text !== "" };
}
