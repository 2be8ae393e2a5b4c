import { DavitError, DocumentError, NotFoundError, RegistryError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, digestBytes } from "../oci/digest.ts";
import { parseIndex } from "../oci/image_index.ts";
import { appendJson, removeJson } from "../oci/json.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import { type Referrer, referrersTag } from "../oci/referrer.ts";
import { inTurn } from "./in_turn.ts";
import type { Manifests, ReadManifest } from "./manifests.ts";
import { markTemporary } from "./retry.ts";
import type { RepositoryApi } from "./repository_api.ts";

const EMPTY = `{"schemaVersion":2,"mediaType":"${MEDIA_TYPE.ociIndex}","manifests":[]}`;

/**
 * The lists of referrers that clients keep themselves, each an index under a tag of its own, where a
 * registry has no referrers API.
 *
 * Two writers may overwrite each other's list: a write names what it replaces (`If-Match`), which
 * some registries heed, and every writer looks at the list afterwards, and writes again if its own
 * entry was lost. Writers of this process take turns.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema distribution-spec, referrers tag schema}
 */
export class ReferrersTag {
  readonly #api: RepositoryApi;
  readonly #manifests: Manifests;

  constructor(api: RepositoryApi, manifests: Manifests) {
    this.#api = api;
    this.#manifests = manifests;
  }

  /** What is listed for a subject. */
  async list(subject: Digest, signal?: AbortSignal): Promise<readonly Descriptor[]> {
    const found = await this.#read(subject, signal);
    return found === undefined ? [] : entriesOf(found);
  }

  /** Lists a referrer, once. */
  add({ subject, descriptor }: Referrer, signal?: AbortSignal): Promise<void> {
    return this.#edit(subject, {
      isDone: (entries) => entries.some(({ digest }) => digest === descriptor.digest),
      change: (text) => appendJson(text, ["manifests"], descriptor),
      signal,
    });
  }

  /** Lists a referrer no more. A list that is empty then goes, where tags can. */
  async remove({ subject, descriptor }: Referrer, signal?: AbortSignal): Promise<void> {
    await this.#edit(subject, {
      isDone: (entries) => entries.every(({ digest }) => digest !== descriptor.digest),
      change: (text, entries) =>
        entries.reduceRight(
          (edited, { digest }, position) =>
            digest === descriptor.digest ? removeJson(edited, ["manifests", position]) : edited,
          text,
        ),
      signal,
    });
    const left = await this.#read(subject, signal);
    if (left === undefined || entriesOf(left).length > 0) return;
    try {
      await this.#manifests.delete(referrersTag(subject), signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof DavitError)) throw error;
    }
  }

  #edit(subject: Digest, edit: ListEdit): Promise<void> {
    const { signal } = edit;
    return inTurn(
      `${this.#api.label} ${subject}`,
      () => this.#api.backoff.run(() => this.#editOnce(subject, edit), { signal }),
    );
  }

  async #editOnce(subject: Digest, { isDone, change, signal }: ListEdit): Promise<void> {
    const before = await this.#read(subject, signal);
    const entries = before === undefined ? [] : entriesOf(before);
    if (isDone(entries)) return;
    const text = before === undefined ? EMPTY : new TextDecoder().decode(before.bytes);
    const bytes = new TextEncoder().encode(change(text, entries));
    const name = referrersTag(subject);
    const descriptor = {
      mediaType: MEDIA_TYPE.ociIndex,
      digest: await digestBytes(bytes),
      size: bytes.length,
    };
    try {
      await this.#manifests.write({ ...before, descriptor, bytes, name }, signal);
    } catch (error) {
      throw error instanceof RegistryError && error.status === 412 ? markTemporary(error) : error;
    }
    if (isDone(await this.list(subject, signal))) return;
    throw markTemporary(
      new RegistryError(
        `Cannot keep the list "${name}" of "${this.#api.label}": expected the entry that was ` +
          "written, got a list that somebody else wrote over it; try again",
        409,
      ),
    );
  }

  /** Reads a list. Where such a tag is read as the digest, there is none. */
  async #read(subject: Digest, signal?: AbortSignal): Promise<ReadManifest | undefined> {
    const name = referrersTag(subject);
    try {
      const found = await this.#manifests.read(name, signal);
      const { descriptor: { digest, mediaType } } = found;
      if (mediaType === MEDIA_TYPE.ociIndex && digest !== subject) return found;
      if (digest === subject) return undefined;
      throw new DocumentError(
        `Cannot use the tag "${name}" of "${this.#api.label}" as the list of referrers: expected ` +
          `an OCI index, got "${mediaType}"; move that tag away`,
      );
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }
}

interface ListEdit {
  readonly isDone: (entries: readonly Descriptor[]) => boolean;
  readonly change: (text: string, entries: readonly Descriptor[]) => string;
  readonly signal: AbortSignal | undefined;
}

function entriesOf({ bytes }: ReadManifest): readonly Descriptor[] {
  return parseIndex(bytes, MEDIA_TYPE.ociIndex).manifests;
}
