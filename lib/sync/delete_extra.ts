import { NotFoundError, UnsupportedError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Digest } from "../oci/digest.ts";
import { present } from "../oci/present.ts";
import type { Deleter, Store } from "../store/store.ts";

/** A tag that is not meant, and how it goes. */
export interface ExtraTag {
  /** The tag. */
  readonly tag: string;
  /** Deletes it. */
  readonly remove: () => Promise<void>;
}

/** Tags that name something by its digest belong to an image, and go with it. */
const DIGEST_TAG = /^sha(?:256|512)-/;

/**
 * Finds the tags of a place that are not meant. Nothing is found where not all that is meant arrived,
 * nor where nothing is meant: both are more likely a mistake than a wish.
 */
export async function deleteExtra(
  place: Store & Deleter,
  meant: readonly string[],
  { isWhole, ...options }: CallOptions & { readonly isWhole: boolean },
): Promise<readonly ExtraTag[]> {
  if (!isWhole) return [];
  const all = await Array.fromAsync(place.names(options)).catch((error) => {
    if (error instanceof NotFoundError) return [];
    throw error;
  });
  const extra = all.filter((tag) => !meant.includes(tag) && !DIGEST_TAG.test(tag));
  if (extra.length > 0 && meant.length === 0) {
    throw new UnsupportedError(
      `Cannot delete all ${extra.length} tags of ${place.label}: no tag of the source passes the ` +
        "filter, which is more likely a mistake; delete them by hand if it is none",
    );
  }
  const kept = all.filter((tag) => !extra.includes(tag));
  return extra.map((tag) => ({ tag, remove: () => removeTag(place, tag, kept, options) }));
}

/** Deletes a tag; where only manifests can be deleted, its manifest unless other tags need that. */
async function removeTag(
  place: Store & Deleter,
  tag: string,
  kept: readonly string[],
  options: CallOptions,
): Promise<void> {
  try {
    return await place.delete(tag, options);
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
  }
  const digest = await digestOf(place, tag, options);
  if (digest === undefined) return;
  for (const other of kept) {
    if (await digestOf(place, other, options) !== digest) continue;
    throw new UnsupportedError(
      `Cannot delete the tag "${tag}" of ${place.label}: the registry deletes manifests only, and ` +
        `"${other}" stands for the same one`,
    );
  }
  await place.delete(digest, options);
}

async function digestOf(
  place: Store,
  tag: string,
  { signal }: CallOptions,
): Promise<Digest | undefined> {
  try {
    return (await place.resolve(tag, present({ signal }))).digest;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
