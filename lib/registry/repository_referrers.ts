import { DavitError, RegistryError, UnsupportedError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { parseIndex } from "../oci/image_index.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import { present } from "../oci/present.ts";
import { describeReferrer, type Referrer } from "../oci/referrer.ts";
import type { ReferrersOptions } from "../store/store.ts";
import { type Answer, discard } from "./answer.ts";
import type { Manifests, ReadManifest } from "./manifests.ts";
import { readPages } from "./pages.ts";
import { ReferrersTag } from "./referrers_tag.ts";
import type { RepositoryApi } from "./repository_api.ts";

/** How registries answer to a path that they do not know. */
const UNKNOWN_PATH = new Set([400, 404, 405, 406, 501]);

/**
 * What is about the manifests of a repository: by the referrers API where the registry has it, else
 * by the lists that clients keep. Whether it has is asked, not guessed: some registries answer a
 * write with `OCI-Subject` and list nothing.
 */
export class RepositoryReferrers {
  readonly #api: RepositoryApi;
  readonly #manifests: Manifests;
  readonly #tag: ReferrersTag;
  #hasApi: boolean | undefined;

  constructor(api: RepositoryApi, manifests: Manifests) {
    this.#api = api;
    this.#manifests = manifests;
    this.#tag = new ReferrersTag(api, manifests);
  }

  /** Lists what is about a manifest. */
  async *list(subject: Digest, options: ReferrersOptions = {}): AsyncGenerator<Descriptor> {
    const { artifactType, signal } = options;
    if (this.#hasApi !== false) {
      try {
        return yield* this.#listByApi(subject, options);
      } catch (error) {
        if (!(error instanceof NoReferrersApi)) throw error;
        if (error.isCertain) this.#hasApi = false;
      }
    }
    yield* ofType(await this.#tag.list(subject, signal), artifactType);
  }

  /** Has a manifest that was written listed, if it is about something. */
  async written(
    { bytes, descriptor }: ReadManifest,
    { acknowledged, signal }: CallOptions & { readonly acknowledged?: string },
  ): Promise<void> {
    const referrer = readReferrer(bytes, descriptor);
    if (referrer === undefined) return;
    if (!await this.#isListed(referrer, acknowledged, signal)) {
      await this.#tag.add(referrer, signal);
    }
  }

  /** Deletes a manifest, and has it listed no more. */
  async delete(digest: Digest, { signal }: CallOptions = {}): Promise<void> {
    const referrer = await this.#describe(digest, signal);
    await this.#manifests.delete(digest, signal);
    if (referrer === undefined) return;
    if (this.#hasApi === undefined) await this.#probe(referrer.subject, signal);
    if (this.#hasApi === false) await this.#tag.remove(referrer, signal);
  }

  async #describe(digest: Digest, signal?: AbortSignal): Promise<Referrer | undefined> {
    try {
      const { bytes, descriptor } = await this.#manifests.read(digest, signal);
      return readReferrer(bytes, descriptor);
    } catch (error) {
      const isUnreadable = error instanceof DavitError && error.code !== "ERR_NETWORK";
      if (!isUnreadable) throw error;
      return undefined;
    }
  }

  async #isListed(
    { subject, descriptor }: Referrer,
    acknowledged: string | undefined,
    signal?: AbortSignal,
  ): Promise<boolean> {
    if (this.#hasApi === false) return false;
    if (this.#hasApi === true && acknowledged !== undefined) return true;
    try {
      for await (const { digest } of this.#listByApi(subject, present({ signal }))) {
        if (digest === descriptor.digest) return true;
      }
      return acknowledged !== undefined;
    } catch (error) {
      if (!(error instanceof NoReferrersApi)) throw error;
      this.#hasApi = false;
      return false;
    }
  }

  async #probe(subject: Digest, signal?: AbortSignal): Promise<void> {
    try {
      await this.#listByApi(subject, present({ signal })).next();
    } catch (error) {
      if (!(error instanceof NoReferrersApi)) throw error;
      this.#hasApi = false;
    }
  }

  #listByApi(subject: Digest, options: ReferrersOptions): AsyncGenerator<Descriptor> {
    const { artifactType, signal } = options;
    const query = artifactType === undefined ? "" : `?${new URLSearchParams({ artifactType })}`;
    return readPages({
      first: `referrers/${subject}${query}`,
      what: "referrers",
      backoff: this.#api.backoff,
      signal,
      open: (target) => this.#open(target, signal),
      read: (document, { headers }) => {
        const bytes = new TextEncoder().encode(JSON.stringify(document));
        const { manifests } = parseIndex(bytes, MEDIA_TYPE.ociIndex);
        return isFiltered(headers) ? manifests : ofType(manifests, artifactType);
      },
    });
  }

  async #open(target: string | URL, signal?: AbortSignal): Promise<Answer> {
    const headers = { accept: MEDIA_TYPE.ociIndex };
    try {
      const answer = await this.#api.request({
        method: "GET",
        target,
        access: "pull",
        headers,
        retry: false,
        signal,
      });
      const type = answer.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
      if (type !== MEDIA_TYPE.ociIndex && this.#hasApi !== true) {
        await discard(answer);
        throw new NoReferrersApi(this.#api.label, true);
      }
      this.#hasApi = true;
      return answer;
    } catch (error) {
      const isUnknown = error instanceof RegistryError && UNKNOWN_PATH.has(error.status);
      if (!isUnknown || this.#hasApi === true) throw error;
      throw new NoReferrersApi(this.#api.label, !error.errorCodes.includes("NAME_UNKNOWN"));
    }
  }
}

/** The registry does not list referrers: clients do. */
class NoReferrersApi extends UnsupportedError {
  /** Whether it would say the same of any repository and digest. */
  readonly isCertain: boolean;

  constructor(place: string, isCertain: boolean) {
    super(`Cannot list referrers in "${place}": the registry has no referrers API`);
    this.isCertain = isCertain;
  }
}

/** What the registry took and we cannot read is about nothing that we know. */
function readReferrer(bytes: Uint8Array, descriptor: Descriptor): Referrer | undefined {
  try {
    return describeReferrer(bytes, descriptor);
  } catch (error) {
    if (!(error instanceof DavitError)) throw error;
    return undefined;
  }
}

function isFiltered(headers: Headers): boolean {
  const applied = headers.get("oci-filters-applied")?.split(",") ?? [];
  return applied.some((filter) => filter.trim() === "artifactType");
}

function ofType(
  referrers: readonly Descriptor[],
  artifactType: string | undefined,
): readonly Descriptor[] {
  if (artifactType === undefined) return referrers;
  return referrers.filter((referrer) => referrer.artifactType === artifactType);
}
