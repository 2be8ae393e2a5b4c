import type { Location } from "../../lib/places/location.ts";
import { formatReference } from "../../lib/oci/reference.ts";

/** The places in which an image is known by its whole name. */
const KEEPS_NAMES: readonly Location["kind"][] = ["docker-archive", "docker-legacy", "k3s"];

/**
 * The names a copy gets: those its destination says; else, in an archive or layout that keeps
 * names, the name it had at its source.
 */
export function nameAtDestination(
  from: Location,
  to: Location,
  names: readonly string[],
): readonly string[] {
  if (names.length > 0) return names;
  if (KEEPS_NAMES.includes(to.kind)) return inFull(from);
  const tag = from.kind === "registry" ? from.reference.tag : undefined;
  return tag !== undefined && (to.kind === "oci" || to.kind === "oci-archive") ? [tag] : [];
}

/**
 * The names that images get which go together into one place: in full where a tag alone would
 * stand for several of them, and only the last would keep it.
 */
export function namesAtDestination(
  from: readonly Location[],
  to: Location,
): readonly (readonly string[])[] {
  const groups = Map.groupBy(from, (source) => nameAtDestination(source, to, [])[0]);
  return from.map((source) => {
    const names = nameAtDestination(source, to, []);
    const sharing = new Set(groups.get(names[0])?.map(fullName));
    return names.length > 0 && sharing.size > 1 ? inFull(source) : names;
  });
}

/** The whole name that an image had at its source. */
export function inFull(from: Location): readonly string[] {
  const name = fullName(from);
  return name === undefined ? [] : [name];
}

function fullName(location: Location): string | undefined {
  switch (location.kind) {
    case "registry": {
      const { digest: _, ...reference } = location.reference;
      return reference.tag === undefined ? undefined : formatReference(reference);
    }
    case "docker-daemon":
      return location.name.startsWith("sha256:") ? undefined : location.name;
    case "docker-archive":
    case "docker-legacy":
      return location.name;
    default:
      return undefined;
  }
}
