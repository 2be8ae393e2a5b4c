import type { Ulimit } from "./node.ts";

/** The limits there are, as `docker create --ulimit` names them. */
const NAMES: readonly string[] = [
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
];

/**
 * Turns `NAME=SOFT[:HARD]` into a limit; -1 is none.
 *
 * @throws {SyntaxError} For an unknown name, or what is no number.
 */
export function parseUlimit(text: string): Ulimit {
  const [, name = "", soft = "", hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (NAMES.includes(name)) return { name, soft: Number(soft), hard: Number(hard) };
  throw new SyntaxError(
    `Cannot limit processes by "${text}": expected NAME=SOFT[:HARD], with a name of ${
      NAMES.join(", ")
    }`,
  );
}
