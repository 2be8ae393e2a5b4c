import { NotFoundError, PlatformError } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import { formatPlatform, type Platform } from "../oci/platform.ts";
import { matchesPlatform } from "../oci/platform_match.ts";
import { editIndex } from "./edit_index.ts";
import type { Index, View } from "./image.ts";
import { type IndexMember, membersOf, runsOn, subjectOf } from "./index_member.ts";
import { availableNames, listAvailable } from "./platform_names.ts";

/**
 * Keeps the images of an index that run on one of the platforms, with the attestations about them.
 * A platform may leave things out: `linux` is every Linux. Indexes in the index are filtered too. Of
 * an image whose entry names no platform, its config decides.
 *
 * @throws {PlatformError} When nothing would be left; it lists what is there.
 * @example
 * ```ts
 * import { createIndex, emptyImage, filterIndex } from "@davit/davit/image";
 *
 * const arm = emptyImage({ platform: { os: "linux", architecture: "arm64" } });
 * const index = createIndex([{ image: emptyImage() }, { image: arm }]);
 * const filtered = await filterIndex(index, [{ os: "linux", architecture: "arm64" }]);
 * console.assert((await filtered.children()).length === 1);
 * ```
 */
export async function filterIndex(index: Index, platforms: readonly Platform[]): Promise<Index> {
  const found: (Platform | undefined)[] = [];
  const filtered = await filterInto(index, platforms, found);
  if (filtered !== undefined) return filtered;
  const wanted = platforms.map(formatPlatform).join(" or ");
  const available = availableNames(found);
  throw new PlatformError(
    `Cannot filter the index: expected an image for ${wanted}; ${listAvailable(available)}`,
    available,
  );
}

/** What is to leave an index. */
export interface RemovedFromIndex {
  /** Every image that runs on one of these. */
  readonly platforms?: readonly Platform[];
  /** What has one of these digests. */
  readonly digests?: readonly Digest[];
}

/**
 * Removes images from an index, with the attestations about them.
 *
 * @throws {PlatformError} When a platform is not there, or nothing would be left; it lists what is
 * there.
 * @throws {NotFoundError} When a digest is not there.
 * @example
 * ```ts
 * import { createIndex, emptyImage, removeFromIndex } from "@davit/davit/image";
 *
 * const arm = emptyImage({ platform: { os: "linux", architecture: "arm64" } });
 * const index = createIndex([{ image: emptyImage() }, { image: arm }]);
 * const smaller = await removeFromIndex(index, { platforms: [{ os: "linux", architecture: "amd64" }] });
 * console.assert((await smaller.children()).length === 1);
 * ```
 */
export async function removeFromIndex(index: Index, removed: RemovedFromIndex): Promise<Index> {
  const { platforms = [], digests = [] } = removed;
  const members = await membersOf(index);
  const runs = await Promise.all(members.map(platformOfMember));
  const available = availableNames(runs);
  const gone = new Set<string>();
  for (const wanted of platforms) {
    const found = members.filter((_, position) => matches(runs[position], [wanted]));
    if (found.length === 0) throw missing(formatPlatform(wanted), available);
    for (const { descriptor } of found) gone.add(descriptor.digest);
  }
  for (const digest of digests) {
    const isThere = members.some(({ descriptor }) => descriptor.digest === digest);
    if (!isThere) throw new NotFoundError("image", digest, "the index");
    gone.add(digest);
  }
  const kept = members.filter((member) =>
    !gone.has(member.descriptor.digest) && !gone.has(subjectOf(member) ?? "")
  );
  if (kept.length > 0) return editIndex(index, members, { kept: new Set(kept) });
  throw new PlatformError(
    `Cannot remove all that the index lists: expected something to be left; ` +
      listAvailable(available),
    available,
  );
}

async function filterInto(
  index: Index,
  platforms: readonly Platform[],
  found: (Platform | undefined)[],
): Promise<Index | undefined> {
  const members = await membersOf(index);
  const kept = new Set<IndexMember>();
  const replaced = new Map<IndexMember, View>();
  for (const member of members) {
    if (member.view.kind === "index") {
      const inner = await filterInto(member.view, platforms, found);
      if (inner === undefined) continue;
      kept.add(member);
      const { digest } = await inner.descriptor();
      if (digest !== member.descriptor.digest) replaced.set(member, inner);
    } else {
      const platform = await platformOfMember(member);
      found.push(platform);
      if (matches(platform, platforms)) kept.add(member);
    }
  }
  if (kept.size === 0) return undefined;
  const digests = new Set([...kept].map(({ descriptor }) => descriptor.digest as string));
  for (const member of members) {
    if (digests.has(subjectOf(member) ?? "")) kept.add(member);
  }
  return editIndex(index, members, { kept, replaced });
}

async function platformOfMember({ view, descriptor }: IndexMember): Promise<Platform | undefined> {
  return descriptor.platform ?? await runsOn(view);
}

function matches(platform: Platform | undefined, wanted: readonly Platform[]): boolean {
  return platform !== undefined && wanted.some((one) => matchesPlatform(platform, one));
}

function missing(platform: string, available: readonly string[]): PlatformError {
  return new PlatformError(
    `Cannot remove ${platform} from the index: ${listAvailable(available)}`,
    available,
  );
}
