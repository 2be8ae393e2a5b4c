import { DigestMismatchError, NetworkError, NotFoundError, RegistryError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, isDigest } from "../oci/digest.ts";
import { type Answer, discard } from "./answer.ts";
import type { Body } from "./exchange.ts";
import { describeUrl } from "./redact.ts";
import type { RepositoryApi, RepositoryRequest } from "./repository_api.ts";

/** How long giving up an upload may take. */
const CANCEL_TIMEOUT_MS = 5000;
/** A registry that wants larger pieces is sent one stream: nobody holds that much in memory. */
const MAX_PIECE_BYTES = 256 * 1024 * 1024;

/** Options of {@linkcode UploadSession.open}. */
export interface OpenUploadOptions {
  /** What the upload is to become, when that is known. */
  readonly digest?: Digest | undefined;
  /** Whether a failure that may pass is tried again. */
  readonly retry: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The bytes of a piece, both ends included, as `Content-Range` has them. */
export interface PieceRange {
  readonly start: number;
  readonly end: number;
}

/**
 * An upload that a registry has opened.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks distribution-spec, pushing a blob in chunks}
 */
export class UploadSession {
  /** The fewest bytes that a piece may have, but for the last one. */
  readonly minPieceBytes: number;
  readonly #api: RepositoryApi;
  #location: URL;

  private constructor(api: RepositoryApi, location: URL, minPieceBytes: number) {
    this.#api = api;
    this.#location = location;
    this.minPieceBytes = minPieceBytes;
  }

  /** Has a registry open an upload. */
  static async open(api: RepositoryApi, options: OpenUploadOptions): Promise<UploadSession> {
    const { digest, retry, signal } = options;
    const algorithm = digest === undefined ? "sha256" : algorithmOf(digest);
    const query = algorithm === "sha256" ? "" : `?digest-algorithm=${algorithm}`;
    const answer = await api.request({
      method: "POST",
      target: `blobs/uploads/${query}`,
      access: "pull,push",
      expected: [202],
      retry,
      signal,
    });
    await discard(answer);
    return UploadSession.of(api, answer);
  }

  /** The upload that an answer has opened. */
  static of(api: RepositoryApi, answer: Answer): UploadSession {
    const asked = Number(answer.headers.get("oci-chunk-min-length") ?? 0);
    const minPieceBytes = Number.isSafeInteger(asked) && asked <= MAX_PIECE_BYTES ? asked : 0;
    return new UploadSession(api, locationOf(answer), Math.max(0, minPieceBytes));
  }

  /**
   * Sends bytes: all that are left as a stream, or a piece.
   *
   * @returns How many bytes the registry has now, if it says so.
   */
  async send(
    body: Body,
    { range, signal }: CallOptions & { readonly range?: PieceRange } = {},
  ): Promise<number | undefined> {
    const answer = await this.#request({
      method: "PATCH",
      headers: {
        "content-type": "application/octet-stream",
        ...(range === undefined ? {} : { "content-range": `${range.start}-${range.end}` }),
      },
      body,
      expected: [201, 202, 204],
      retry: false,
      commits: true,
      signal,
    });
    return range?.end === 0 ? 1 : receivedOf(answer);
  }

  /**
   * Asks how many bytes have arrived.
   *
   * @throws {RegistryError} When the registry does not tell, or has forgotten the upload.
   */
  async received(options: CallOptions = {}): Promise<number> {
    const answer = await this.#request({ method: "GET", expected: [204, 200, 202], ...options });
    const received = receivedOf(answer);
    if (received !== undefined) return received;
    throw new RegistryError(
      `Cannot go on with the upload "${describeUrl(answer.url)}": expected a "Range" in the answer`,
      answer.status,
    );
  }

  /** Closes the upload with its digest, and with its bytes when none were sent before. */
  async finish(
    descriptor: Descriptor,
    { bytes, has, signal }: CallOptions & {
      readonly bytes?: Uint8Array;
      /** Says whether the registry has the blob. */
      readonly has: (descriptor: Descriptor) => Promise<boolean>;
    },
  ): Promise<void> {
    const target = new URL(this.#location);
    const separator = target.search === "" ? "?" : "&";
    target.search += `${separator}digest=${encodeURIComponent(descriptor.digest)}`;
    try {
      const answer = await this.#request({
        method: "PUT",
        target,
        headers: { "content-type": "application/octet-stream" },
        ...(bytes === undefined ? {} : { body: bytes }),
        retry: bytes === undefined,
        commits: true,
        expected: [201, 200, 204],
        signal,
      });
      const digest = answer.headers.get("docker-content-digest");
      if (digest !== null && isDigest(digest) && digest !== descriptor.digest) {
        throw new DigestMismatchError(descriptor.digest, digest);
      }
    } catch (error) {
      const isDone = isLostAnswer(error) && await has(descriptor).catch(() => false);
      signal?.throwIfAborted();
      if (!isDone) throw error;
    }
  }

  /** Gives up the upload. */
  async cancel(): Promise<void> {
    await cancelUpload(this.#api, this.#location);
  }

  /** Each answer may send the next request elsewhere. */
  async #request(
    request: Omit<RepositoryRequest, "target" | "access"> & { readonly target?: URL },
  ): Promise<Answer> {
    const { target = this.#location, ...rest } = request;
    const answer = await this.#api.request({ ...rest, target, access: "pull,push" });
    await discard(answer);
    if (request.method !== "PUT" && answer.headers.has("location")) {
      this.#location = locationOf(answer);
    }
    return answer;
  }
}

/** Gives up an upload. That it fails changes nothing: the registry forgets it by itself, later. */
export async function cancelUpload(api: RepositoryApi, target: URL): Promise<void> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), CANCEL_TIMEOUT_MS);
  try {
    const answer = await api.request({
      method: "DELETE",
      target,
      access: "pull,push",
      expected: [200, 202, 204, 404],
      retry: false,
      signal: deadline.signal,
    });
    await discard(answer);
  } catch {
    // Nobody waits for it.
  } finally {
    clearTimeout(timer);
  }
}

/** How many bytes a `Range` such as `0-99` says are there; docker's `0-0` is none or one. */
function receivedOf({ headers }: Answer): number | undefined {
  const end = /^(?:bytes=)?0-(\d+)$/.exec(headers.get("range")?.trim() ?? "")?.[1];
  if (end === undefined) return undefined;
  return Number(end) === 0 ? 0 : Number(end) + 1;
}

/** Where an answer sends the next request of an upload. */
export function locationOf(answer: Answer): URL {
  const location = answer.headers.get("location");
  const url = location === null ? null : URL.parse(location, answer.url);
  if (url !== null) return url;
  throw new RegistryError(
    `Cannot upload to "${describeUrl(answer.url)}": expected a "Location" in the answer`,
    answer.status,
  );
}

/** The upload may be gone because it was closed by a request whose answer never came. */
function isLostAnswer(error: unknown): boolean {
  return error instanceof NetworkError || error instanceof NotFoundError ||
    (error instanceof RegistryError && error.status === 404);
}
