import { FIELD } from "./block.ts";
import { isPlain } from "./text.ts";

/** A name as the two fields of a ustar block. */
export interface SplitName {
  /** What goes before the `/` that joins them; empty when the name alone fits. */
  readonly prefix: string;
  /** What goes behind it. */
  readonly name: string;
}

/**
 * Fits a name into a ustar block: as it is, or cut at the last `/` that leaves a prefix of at most
 * 155 bytes and a name of at most 100.
 *
 * `undefined` when it does not fit, or is not ASCII.
 */
export function splitName(name: string): SplitName | undefined {
  if (!isPlain(name)) return undefined;
  if (name.length <= FIELD.name.length) return { prefix: "", name };
  const cut = name.lastIndexOf("/", Math.min(FIELD.prefix.length, name.length - 2));
  const rest = name.length - cut - 1;
  if (cut <= 0 || rest > FIELD.name.length) return undefined;
  return { prefix: name.slice(0, cut), name: name.slice(cut + 1) };
}

/** Names the extended header of an entry: `a/b` gives `a/PaxHeaders.0/b`. */
export function paxHeaderName(name: string): string {
  const file = name.lastIndexOf("/") + 1;
  const path = cleanPath(`${name.slice(0, file)}PaxHeaders.0/${name.slice(file)}`);
  return toPlain(path).slice(0, FIELD.name.length).replace(/\/+$/, "");
}

/** Leaves out all that is not ASCII, for readers that do not know extended headers. */
export function toPlain(text: string): string {
  return isPlain(text) ? text : text.replace(/[^\0-\x7f]/gu, "");
}

function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") kept.push(segment);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!path.startsWith("/")) kept.push("..");
  }
  return (path.startsWith("/") ? "/" : "") + kept.join("/") || ".";
}
