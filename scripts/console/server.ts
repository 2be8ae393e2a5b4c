import { parseRepository, type RepositoryName } from "../../lib/oci/reference.ts";
import { parseRegistry } from "../../lib/oci/registry_name.ts";

/** Reads the name of a registry, which docker writes as a URL: `https://index.docker.io/v1/`. */
export function parseServer(text: string): string {
  return parseRegistry(withoutScheme(text), { strict: true });
}

/** Reads the name of a registry, which keeps `http://` in front: it may be spoken to without TLS. */
export function parseUpstream(text: string): string {
  const scheme = text.trim().startsWith(PLAIN) ? PLAIN : "";
  return `${scheme}${parseServer(text)}`;
}

/** What stands in front of a registry that may be spoken to without TLS. */
export const PLAIN = "http://";

/** Reads the name of a registry, or of a repository in one. */
export function parseServerOrRepository(text: string): RepositoryName {
  const name = withoutScheme(text);
  if (name.includes("/")) return parseRepository(name);
  return { registry: parseRegistry(name, { strict: true }), repository: "" };
}

function withoutScheme(text: string): string {
  return text.trim().replace(/^https?:\/\//, "").replace(/\/(?:v[12]\/?)?$/, "");
}
