import { DOCKER_HUB } from "../../lib/oci/registry_name.ts";
import type { RepositoryName } from "../../lib/oci/reference.ts";

const ARCHIVE = /\.(?:tar|tar\.gz|tgz|tar\.zst)$/;

/**
 * Says how to name a local file or directory, when a name that was taken for Docker Hub's is also
 * the path of one, or ends as archives do.
 */
export async function localHint(name: RepositoryName): Promise<string | undefined> {
  if (name.registry !== DOCKER_HUB) return undefined;
  const path = name.repository.replace(/^library\//, "");
  const exists = await Deno.stat(path).then(() => true, () => false);
  return exists || ARCHIVE.test(path)
    ? `"${path}" was looked for on Docker Hub; for the local one, write "./${path}"`
    : undefined;
}
