import { compare, satisfies, valid, validRange } from "semver";
import type { NameFilter, TagFilter } from "./sync_spec.ts";

/** Says whether text is a regular expression. */
export function isRegExp(text: string): boolean {
  try {
    return new RegExp(text, "u") !== undefined;
  } catch {
    return false;
  }
}

/** Says whether text is a range of versions. */
export function isSemverRange(text: string): boolean {
  return text.trim() !== "" && validRange(text) !== null;
}

/** The names that pass a filter, in their order. */
export function filterNames(
  names: readonly string[],
  { match, except }: NameFilter = {},
): readonly string[] {
  const wanted = match === undefined ? undefined : toPatterns(match);
  const unwanted = toPatterns(except ?? []);
  return names.filter((name) =>
    (wanted === undefined || wanted.some((pattern) => pattern.test(name))) &&
    !unwanted.some((pattern) => pattern.test(name))
  );
}

/** The tags that pass a filter, in their order. */
export function filterTags(tags: readonly string[], filter: TagFilter = {}): readonly string[] {
  const { semver, latest } = filter;
  const named = filterNames(tags, filter);
  if (semver === undefined && latest === undefined) return named;
  const versions = named.flatMap((tag) => {
    const version = versionOf(tag);
    const fits = version !== undefined && (semver === undefined || satisfies(version, semver));
    return fits ? [{ tag, version }] : [];
  });
  if (latest === undefined) return versions.map(({ tag }) => tag);
  const highest = versions.toSorted((one, other) => compare(other.version, one.version));
  const kept = new Set(highest.slice(0, latest).map(({ tag }) => tag));
  return named.filter((tag) => kept.has(tag));
}

/** The version that a tag names: `v1.2.3-rc.1`, `1.2` as `1.2.0`. */
function versionOf(tag: string): string | undefined {
  const parts = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(-[0-9A-Za-z.-]+)?$/.exec(tag);
  if (parts === null) return undefined;
  const [, major = "0", minor = "0", patch = "0", prerelease = ""] = parts;
  const version = [major, minor, patch].map(Number).join(".") + prerelease;
  return valid(version) === null ? undefined : version;
}

function toPatterns(patterns: string | readonly string[]): readonly RegExp[] {
  return (typeof patterns === "string" ? [patterns] : patterns).map((text) =>
    new RegExp(text, "u")
  );
}
