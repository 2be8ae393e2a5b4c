import { DavitError } from "../errors.ts";
import type { ContentSource } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { parseIndex } from "../oci/image_index.ts";
import { MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import { isIndexType, isManifestType } from "../oci/media_type.ts";
import { describeReferrer } from "../oci/referrer.ts";
import { readAll } from "../stream/read_all.ts";
import { listed } from "./listed.ts";
import type { ReferrersOptions } from "./store.ts";

/** What the manifests of a place are about: of each subject, its referrers. */
export type Subjects = ReadonlyMap<Digest, readonly Descriptor[]>;

/** A place whose content is at hand, so that looking through all of it is cheap. */
export interface LocalContent extends ContentSource {
  /** Says whether the content is there. */
  has(descriptor: Descriptor): Promise<boolean>;
}

/**
 * Looks through all that roots list for what is about something. Content that is missing, or is not
 * what it is said to be, is about nothing.
 */
export async function readSubjects(
  roots: Iterable<Descriptor>,
  place: LocalContent,
): Promise<Subjects> {
  const documents = new Map<Digest, Uint8Array>();
  const read = async (descriptor: Descriptor) => {
    const known = documents.get(descriptor.digest);
    if (known !== undefined || !await place.has(descriptor)) return known;
    const bytes = await readAll(await place.fetch(descriptor), {
      maxBytes: MAX_MANIFEST_BYTES,
      what: `manifest "${descriptor.digest}"`,
    });
    documents.set(descriptor.digest, bytes);
    return bytes;
  };
  const childrenOf = async (index: Descriptor) => {
    const bytes = await read(index);
    return bytes === undefined ? [] : parseIndex(bytes, index.mediaType).manifests;
  };
  const subjects = new Map<Digest, Descriptor[]>();
  for await (const descriptor of listed(roots, (index) => orElse(childrenOf(index), []))) {
    const { mediaType, digest } = descriptor;
    if (!isManifestType(mediaType) && !isIndexType(mediaType)) continue;
    const bytes = await orElse(read(descriptor), undefined);
    const referrer = bytes === undefined
      ? undefined
      : await orElse(Promise.try(() => describeReferrer(bytes, descriptor)), undefined);
    if (!isIndexType(mediaType)) documents.delete(digest);
    if (referrer === undefined) continue;
    const others = subjects.get(referrer.subject) ?? [];
    subjects.set(referrer.subject, [...others, referrer.descriptor]);
  }
  return subjects;
}

/** Lists the referrers of a subject. */
export async function* referrersIn(
  subjects: Promise<Subjects>,
  subject: Digest,
  { artifactType, signal }: ReferrersOptions,
): AsyncGenerator<Descriptor> {
  for (const referrer of (await subjects).get(subject) ?? []) {
    signal?.throwIfAborted();
    if (artifactType === undefined || referrer.artifactType === artifactType) yield referrer;
  }
}

/** The digests of all that is about something. */
export function digestsOfReferrers(subjects: Subjects): ReadonlySet<Digest> {
  return new Set([...subjects.values()].flat().map(({ digest }) => digest));
}

async function orElse<T>(reading: Promise<T>, fallback: T): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof DavitError) return fallback;
    throw error;
  }
}
