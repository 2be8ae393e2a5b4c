import { UnsupportedError } from "../errors.ts";
import type { Platform } from "../oci/platform.ts";
import { editMembers } from "./edit_index.ts";
import type { Index, View } from "./image.ts";
import { type IndexMember, memberOf, membersOf, subjectOf } from "./index_member.ts";
import { describePlatform } from "./platform_names.ts";
import { selectImage } from "./select.ts";

/** Options of {@linkcode appendToIndex}. */
export interface AppendToIndexOptions {
  /** Takes what an appended index lists, in its place; `true` unless said. */
  readonly flatten?: boolean;
  /** Takes one platform's image of an appended index, with its attestations. */
  readonly platform?: Platform;
}

/**
 * Adds images to an index, or what other indexes list. Each gets the platform that its config
 * names; attestations come along with their image; what the index has already is not listed twice.
 * The raw text of everything that stays or comes from another index is kept.
 *
 * @throws {UnsupportedError} For a blob.
 * @example
 * ```ts
 * import { appendToIndex, emptyImage, emptyIndex } from "@davit/davit/image";
 *
 * const arm = emptyImage({ platform: { os: "linux", architecture: "arm64" } });
 * const index = await appendToIndex(emptyIndex(), [emptyImage(), arm, arm]);
 * console.assert((await index.children()).length === 2);
 * ```
 */
export async function appendToIndex(
  base: Index,
  views: readonly View[],
  options: AppendToIndexOptions = {},
): Promise<Index> {
  const found = await Promise.all(views.map((view) => findMembers(view, options)));
  return await editMembers(base, (members) => {
    const known = new Set(members.map(keyOf));
    const added = found.flat().filter((member) => {
      const key = keyOf(member);
      const isNew = !known.has(key);
      known.add(key);
      return isNew;
    });
    return { added };
  });
}

async function findMembers(
  view: View,
  { flatten = true, platform }: AppendToIndexOptions,
): Promise<readonly IndexMember[]> {
  if (view.kind === "blob") {
    const { digest, mediaType } = await view.descriptor();
    throw new UnsupportedError(
      `Cannot append "${digest}": expected an image or an index, got "${mediaType}"`,
    );
  }
  if (platform !== undefined) return await chooseMembers(view, platform);
  return view.kind === "index" && flatten ? await membersOf(view) : [await memberOf(view)];
}

/** One platform's image as its index lists it, and the attestations about it. */
async function chooseMembers(view: View, platform: Platform): Promise<readonly IndexMember[]> {
  const image = await selectImage(view, platform);
  const { digest } = await image.descriptor();
  const members = view.kind === "index" ? await membersOf(view) : [];
  const listed = members.filter((member) =>
    member.descriptor.digest === digest || subjectOf(member) === digest
  );
  return listed.length > 0 ? listed : [await memberOf(image)];
}

function keyOf({ descriptor: { digest, platform } }: IndexMember): string {
  return `${digest} ${describePlatform(platform)}`;
}
