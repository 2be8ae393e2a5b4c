import type { Location } from "../../lib/places/location.ts";
import { formatReference } from "../../lib/oci/reference.ts";

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
  const full = fullName(from);
  if (full === undefined) return [];
  if (to.kind === "docker-archive" || to.kind === "docker-legacy") return [full];
  const tag = from.kind === "registry" ? from.reference.tag : undefined;
  return tag !== undefined && (to.kind === "oci" || to.kind === "oci-archive") ? [tag] : [];
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
