import { containerdName, familiarName, parseReference } from "../oci/reference.ts";

/**
 * The form in which Docker saves and loads a name: as it prints it, always with a tag. A name by
 * digest alone has no such form.
 *
 * @throws {SyntaxError} When the name is no reference.
 */
export function toRepoTag(name: string): string | undefined {
  const { digest: _, ...reference } = parseReference(name);
  return reference.tag === undefined ? undefined : familiarName(reference);
}

/** Takes a name that {@linkcode toRepoTag} made apart at the colon before its tag. */
export function splitRepoTag(repoTag: string): { repository: string; tag: string } {
  const colon = repoTag.lastIndexOf(":");
  return { repository: repoTag.slice(0, colon), tag: repoTag.slice(colon + 1) };
}

/** The full form of a name, for comparing; the name itself when it is no reference. */
export function fullRepoTag(name: string): string {
  try {
    return containerdName(parseReference(name));
  } catch {
    return name;
  }
}
