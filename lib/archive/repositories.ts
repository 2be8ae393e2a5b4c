import { DocumentField } from "../oci/document_field.ts";
import { encodeGoJson } from "../oci/go_json.ts";
import { formatGoMap, type GoMember } from "./go_object.ts";
import { splitRepoTag } from "./repo_tag.ts";

/** The file that names images in the format v1. */
export const REPOSITORIES = "repositories";

/** An image as the format v1 knows it. */
export interface NamedTop {
  /** The ID of the top layer. */
  readonly id: string;
  /** The image's names, each with a tag. */
  readonly repoTags: readonly string[];
}

/**
 * Reads `repositories`.
 *
 * @throws {DocumentError} When it is not a map of maps.
 */
export function parseRepositories(bytes: Uint8Array): NamedTop[] {
  const names = new Map<string, string[]>();
  for (const [repository, tags] of DocumentField.parse(REPOSITORIES, bytes).members()) {
    for (const [tag, top] of tags.members()) {
      const id = top.string();
      names.set(id, [...names.get(id) ?? [], `${repository}:${tag}`]);
    }
  }
  return [...names].map(([id, repoTags]) => ({ id, repoTags }));
}

/** Writes `repositories` byte for byte as Go does. */
export function encodeRepositories(images: readonly NamedTop[]): Uint8Array {
  const repositories = new Map<string, GoMember[]>();
  for (const { id, repoTags } of images) {
    for (const { repository, tag } of repoTags.map(splitRepoTag)) {
      const tags = repositories.get(repository) ?? [];
      repositories.set(repository, [...tags, [tag, encodeGoJson(id)]]);
    }
  }
  const members = [...repositories].map(([name, tags]) => [name, formatGoMap(tags)] as const);
  return new TextEncoder().encode(formatGoMap(members));
}
