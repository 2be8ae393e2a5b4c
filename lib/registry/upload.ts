import { DigestMismatchError, NetworkError, NotFoundError, RegistryError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { isDigest } from "../oci/digest.ts";
import { type Content, isVerified } from "../store/content.ts";
import { readAll } from "../stream/read_all.ts";
import { verify } from "../stream/verify.ts";
import { type Answer, discard } from "./answer.ts";
import type { Body } from "./exchange.ts";
import { describeUrl } from "./redact.ts";
import type { RepositoryApi } from "./repository_api.ts";
import { markFinal } from "./retry.ts";
import { untilAborted } from "../stream/until_aborted.ts";

/** Blobs up to this size go out in one request with their length; larger ones are streamed. */
const MAX_MONOLITHIC_BYTES = 1024 * 1024;
/** How long giving up an upload may take. */
const CANCEL_TIMEOUT_MS = 5000;

/** Options of {@linkcode uploadBlob}. */
export interface UploadOptions {
  /** An upload that the registry has opened already. */
  readonly session?: URL | undefined;
  /** Says whether the registry has the blob. */
  readonly has: (descriptor: Descriptor) => Promise<boolean>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Uploads a blob: what is small in one piece, the rest as a stream that is verified as it passes.
 * A failed upload is cancelled, and repeated when its content can be read again; single-pass
 * content fails with its first error.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs distribution-spec, pushing blobs}
 */
export async function uploadBlob(
  api: RepositoryApi,
  content: Content,
  options: UploadOptions,
): Promise<Descriptor> {
  const known = content.descriptor;
  if (known === undefined) return await uploadStream(api, content, options);
  const { signal } = options;
  return await api.backoff.run(async (attempt) => {
    if (attempt > 1 && await options.has(known)) return known;
    const session = attempt === 1 ? options.session : undefined;
    if (known.size > MAX_MONOLITHIC_BYTES) {
      return await uploadStream(api, content, { ...options, session });
    }
    const bytes = await readWhole(content, known, signal);
    const location = session ?? await startUpload(api, { retry: false, signal });
    await orCancel(api, location, () => finishUpload(api, location, known, { ...options, bytes }));
    return known;
  }, { signal });
}

/** Opens an upload; says where its bytes go. */
async function startUpload(
  api: RepositoryApi,
  { retry, signal }: { readonly retry: boolean; readonly signal: AbortSignal | undefined },
): Promise<URL> {
  const answer = await api.request({
    method: "POST",
    target: "blobs/uploads/",
    access: "pull,push",
    expected: [202],
    retry,
    signal,
  });
  await discard(answer);
  return locationOf(answer);
}

/** Gives up an upload. That it fails changes nothing. */
export async function cancelUpload(api: RepositoryApi, location: URL): Promise<void> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), CANCEL_TIMEOUT_MS);
  try {
    await discard(
      await api.request({
        method: "DELETE",
        target: location,
        access: "pull,push",
        expected: [200, 202, 204, 404],
        retry: false,
        signal: deadline.signal,
      }),
    );
  } catch {
    // The registry forgets the upload by itself, later.
  } finally {
    clearTimeout(timer);
  }
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

async function uploadStream(
  api: RepositoryApi,
  content: Content,
  options: UploadOptions,
): Promise<Descriptor> {
  const { signal } = options;
  const known = content.descriptor;
  const retry = known === undefined;
  const first = options.session ?? await startUpload(api, { retry, signal });
  return await orCancel(api, first, async () => {
    const answer = await api.request({
      method: "PATCH",
      target: first,
      access: "pull,push",
      headers: { "content-type": "application/octet-stream" },
      body: { replayable: known !== undefined, open: () => openContent(content, known, signal) },
      expected: [201, 202, 204],
      commits: true,
      signal,
    });
    await discard(answer);
    const location = answer.headers.has("location") ? locationOf(answer) : first;
    const descriptor = known ?? await content.sealed();
    await finishUpload(api, location, descriptor, options);
    return descriptor;
  });
}

/** A stored blob is verified where it is read; anything else is verified here. */
async function openContent(
  content: Content,
  known: Descriptor | undefined,
  signal: AbortSignal | undefined,
): Promise<ReadableStream<Uint8Array>> {
  const opening = content.open();
  try {
    const source = await untilAborted(opening, signal);
    return known === undefined || isVerified(content) ? source : verify(source, known);
  } catch (error) {
    opening.then((late) => late.cancel(error)).catch(() => {});
    throw error;
  }
}

async function readWhole(
  content: Content,
  known: Descriptor,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  return await readAll(await openContent(content, known, signal), {
    maxBytes: MAX_MONOLITHIC_BYTES,
    what: `blob "${known.digest}"`,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Closes an upload with its digest, and with its bytes when none were sent before. */
async function finishUpload(
  api: RepositoryApi,
  location: URL,
  descriptor: Descriptor,
  options: UploadOptions & { readonly bytes?: Uint8Array },
): Promise<void> {
  const { bytes, has, signal } = options;
  const target = new URL(location);
  const separator = target.search === "" ? "?" : "&";
  target.search += `${separator}digest=${encodeURIComponent(descriptor.digest)}`;
  const body: { readonly body?: Body } = bytes === undefined ? {} : { body: bytes };
  try {
    const answer = await api.request({
      method: "PUT",
      target,
      access: "pull,push",
      headers: { "content-type": "application/octet-stream" },
      ...body,
      retry: bytes === undefined,
      commits: true,
      expected: [201, 200, 204],
      signal,
    });
    await discard(answer);
    const digest = answer.headers.get("docker-content-digest");
    if (digest !== null && isDigest(digest) && digest !== descriptor.digest) {
      throw new DigestMismatchError(descriptor.digest, digest);
    }
  } catch (error) {
    const isDone = isLostAnswer(error) && await has(descriptor).catch(() => false);
    signal?.throwIfAborted();
    if (!isDone) throw bytes === undefined ? markFinal(error) : error;
  }
}

/** The upload may be gone because it was closed by a request whose answer never came. */
function isLostAnswer(error: unknown): boolean {
  return error instanceof NetworkError || error instanceof NotFoundError ||
    (error instanceof RegistryError && error.status === 404);
}

async function orCancel<T>(
  api: RepositoryApi,
  location: URL,
  upload: () => Promise<T>,
): Promise<T> {
  try {
    return await upload();
  } catch (error) {
    await cancelUpload(api, location);
    throw error;
  }
}
