import { NetworkError, RegistryError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Content, isVerified } from "../store/content.ts";
import { readAll } from "../stream/read_all.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import { verify } from "../stream/verify.ts";
import { withoutStart } from "../stream/without_start.ts";
import type { RepositoryApi } from "./repository_api.ts";
import { markFinal, markTemporary } from "./retry.ts";
import { Rewindable } from "./rewindable.ts";
import { UploadSession } from "./upload_session.ts";
import { PIECE_BYTES, sendUpload } from "./upload_stream.ts";

/** Blobs up to this size go out in one request with their length; larger ones are streamed. */
const MAX_MONOLITHIC_BYTES = 1024 * 1024;

/** Options of {@linkcode uploadBlob}. */
export interface UploadOptions {
  /** An upload that the registry has opened already. */
  readonly session?: UploadSession | undefined;
  /** Says whether the registry has the blob. */
  readonly has: (descriptor: Descriptor) => Promise<boolean>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Uploads a blob: what is small in one piece, the rest as a stream that is verified as it passes, or
 * in pieces where that is wanted. When the connection breaks, what has not arrived is sent again; of
 * single-pass content, as far as it is still at hand. If that fails, the upload is cancelled, and
 * repeated when its content can be read again; else it fails with what broke it.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs distribution-spec, pushing blobs}
 */
export async function uploadBlob(
  api: RepositoryApi,
  content: Content,
  options: UploadOptions,
): Promise<Descriptor> {
  const known = content.descriptor;
  return known === undefined || known.size > MAX_MONOLITHIC_BYTES
    ? await uploadStream(api, content, options)
    : await uploadWhole(api, content, known, options);
}

async function uploadWhole(
  api: RepositoryApi,
  content: Content,
  known: Descriptor,
  options: UploadOptions,
): Promise<Descriptor> {
  const { has, signal } = options;
  const { digest } = known;
  return await api.backoff.run(async (attempt) => {
    if (attempt > 1 && await has(known)) return known;
    const bytes = await readWhole(content, known, signal);
    const opened = attempt === 1 ? options.session : undefined;
    const session = opened ?? await UploadSession.open(api, { digest, retry: false, signal });
    await orCancel(session, () => session.finish(known, { bytes, has, ...(signal && { signal }) }));
    return known;
  }, { signal });
}

async function uploadStream(
  api: RepositoryApi,
  content: Content,
  options: UploadOptions,
): Promise<Descriptor> {
  const { has, signal } = options;
  const { backoff, uploadPieceBytes = 0 } = api;
  const known = content.descriptor;
  const replayable = known !== undefined || content.replayable === true;
  const source = new Rewindable({
    open: (offset) => openContent(content, known, { offset, signal }),
    replayable,
    windowBytes: Math.max(uploadPieceBytes, replayable ? 0 : PIECE_BYTES),
  });
  let failure: unknown;
  try {
    return await backoff.run(async (attempt) => {
      if (attempt > 1 && known !== undefined && await has(known)) return known;
      if (attempt > 1 && !await source.seek(0)) throw outOfReach(failure);
      const opened = attempt === 1 ? options.session : undefined;
      const retry = attempt === 1 && known === undefined;
      const session = opened ??
        await UploadSession.open(api, { digest: known?.digest, retry, signal });
      return await orCancel(session, () => fill(session, source, { content, api, has, signal }))
        .catch((error) => Promise.reject(failure = error));
    }, { signal });
  } catch (error) {
    source.cancel(error);
    throw error;
  }
}

/** What can be read once only is gone where a registry keeps nothing of a request that broke. */
function outOfReach(failure: unknown): unknown {
  if (!(failure instanceof NetworkError)) return markFinal(failure);
  return markFinal(
    new NetworkError(
      `${failure.message}; the registry kept nothing of it, and it can be read only once: ` +
        "--chunk-size uploads pieces that can be sent again",
      { cause: failure },
    ),
  );
}

/** Sends the bytes of an upload and closes it. */
async function fill(
  session: UploadSession,
  source: Rewindable,
  { content, api: { backoff, uploadPieceBytes }, has, signal }:
    & Pick<UploadOptions, "has" | "signal">
    & { readonly content: Content; readonly api: RepositoryApi },
): Promise<Descriptor> {
  const pieceBytes = uploadPieceBytes && Math.max(uploadPieceBytes, session.minPieceBytes);
  const isInterrupted = await sendUpload(session, source, {
    size: content.descriptor?.size,
    backoff,
    pieceBytes,
    signal,
  });
  const descriptor = content.descriptor ?? await content.sealed();
  try {
    await session.finish(descriptor, { has, ...(signal && { signal }) });
  } catch (error) {
    const mayBeMixed = isInterrupted && error instanceof RegistryError;
    throw mayBeMixed ? markTemporary(error) : markFinal(error);
  }
  return descriptor;
}

/**
 * A stored blob is verified where it is read; anything else is verified here. From an offset on,
 * the registry's own check has the last word on a stored blob.
 */
async function openContent(
  content: Content,
  known: Descriptor | undefined,
  { offset = 0, signal }: {
    readonly offset?: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<ReadableStream<Uint8Array>> {
  const isStored = isVerified(content);
  const skips = offset > 0 && !(isStored && content.openFrom !== undefined);
  const opening = offset > 0 && isStored && content.openFrom !== undefined
    ? content.openFrom(offset)
    : content.open();
  try {
    const source = await untilAborted(opening, signal);
    const verified = known === undefined || isStored ? source : verify(source, known);
    return skips ? withoutStart(verified, offset) : verified;
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
  return await readAll(await openContent(content, known, { signal }), {
    maxBytes: MAX_MONOLITHIC_BYTES,
    what: `blob "${known.digest}"`,
    ...(signal === undefined ? {} : { signal }),
  });
}

async function orCancel<T>(session: UploadSession, upload: () => Promise<T>): Promise<T> {
  try {
    return await upload();
  } catch (error) {
    await session.cancel();
    throw error;
  }
}
