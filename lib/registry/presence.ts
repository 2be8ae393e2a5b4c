import { UnauthorizedError, UnsupportedError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { isStoredAsManifest } from "../oci/media_type.ts";
import { discard } from "./answer.ts";
import { acceptHeader } from "./manifest_type.ts";
import { isMissing } from "./manifests.ts";
import type { RepositoryApi } from "./repository_api.ts";

/**
 * Asks by HEAD whether a repository has content, as a destination asks. Who may not look is told no:
 * the answer to the upload that follows says why, that to a HEAD cannot.
 */
export async function hasContent(
  api: RepositoryApi,
  descriptor: Descriptor,
  signal?: AbortSignal,
): Promise<boolean> {
  const { digest, mediaType, size } = descriptor;
  const isManifest = isStoredAsManifest(mediaType);
  try {
    const answer = await api.request({
      method: "HEAD",
      target: `${isManifest ? "manifests" : "blobs"}/${digest}`,
      access: "pull,push",
      headers: isManifest ? { accept: acceptHeader(mediaType) } : {},
      expected: [200, 404],
      signal,
    });
    await discard(answer);
    const length = answer.headers.get("content-length");
    return answer.status === 200 && (length === null || Number(length) === size);
  } catch (error) {
    if (error instanceof UnauthorizedError && error.status === 403) return false;
    throw error;
  }
}

/** Asks by HEAD for the size of a blob that is known by its digest alone. */
export async function describeBlob(
  api: RepositoryApi,
  digest: Digest,
  signal?: AbortSignal,
): Promise<Descriptor> {
  const target = `blobs/${digest}`;
  try {
    const answer = await api.request({ method: "HEAD", target, access: "pull", signal });
    await discard(answer);
    const size = Number(answer.headers.get("content-length") ?? NaN);
    if (Number.isSafeInteger(size)) {
      return { mediaType: "application/octet-stream", digest, size };
    }
  } catch (error) {
    throw isMissing(error) ? api.missing("blob", digest, error) : error;
  }
  throw new UnsupportedError(
    `Cannot fetch blob "${digest}" from "${api.label}": the registry does not tell its size`,
  );
}
