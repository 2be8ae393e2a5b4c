import { DOCKER_HUB } from "../../lib/oci/registry_name.ts";
import type { Location } from "../../lib/places/location.ts";

const ARCHIVE = /\.(?:tar|tar\.gz|tgz|tar\.zst)$/;

/**
 * Says how to name a local file or directory, when a name that was taken for Docker Hub's is also
 * the path of one, or ends as archives do.
 */
export async function localHint(location: Location): Promise<string | undefined> {
  if (location.kind !== "registry" || location.reference.registry !== DOCKER_HUB) return undefined;
  const path = location.reference.repository.replace(/^library\//, "");
  const exists = await Deno.stat(path).then(() => true, () => false);
  return exists || ARCHIVE.test(path)
    ? `"${path}" was looked for on Docker Hub; for the local one, write "./${path}"`
    : undefined;
}
