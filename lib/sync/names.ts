import { parsePlatform } from "../oci/platform.ts";
import { parseRepository, type RepositoryName } from "../oci/reference.ts";
import { parseRegistry } from "../oci/registry_name.ts";
import { parseLocation } from "../places/location.ts";

/** Says whether text is a place with an image. */
export function isLocation(text: string): boolean {
  return parses(() => parseLocation(text));
}

/** Says whether text is a platform. */
export function isPlatform(text: string): boolean {
  return parses(() => parsePlatform(text));
}

/** Says whether text is a registry. */
export function isRegistryName(text: string): boolean {
  return text !== "" && parses(() => parseRegistry(text));
}

/** Says whether text is a repository, without a tag. */
export function isRepositoryName(text: string): boolean {
  return parses(() => parseRepository(text));
}

/** Says whether text is a registry, with a path if need be. */
export function isUnder(text: string): boolean {
  return parses(() => repositoryUnder(text, "app"));
}

/**
 * The repository of that path below a registry, or below a path of one.
 *
 * @throws {SyntaxError} When it is none.
 */
export function repositoryUnder(under: string, path: string): RepositoryName {
  const [host = "", ...rest] = under.split("/");
  if (host === "") throw new SyntaxError(`Cannot use "${under}": expected HOST[:PORT][/PATH]`);
  const { repository } = parseRepository(["localhost", ...rest, path].join("/"));
  return { registry: parseRegistry(host), repository };
}

function parses(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
