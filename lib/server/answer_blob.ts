import type { Digest } from "../oci/digest.ts";
import { empty, readDigest, unknownBlob, unsupportedMethod } from "./answers.ts";
import { type ByteRange, parseRange } from "./byte_range.ts";
import type { CachedRepository } from "./cached_repository.ts";
import type { Exchange } from "./desk.ts";
import { Refusal } from "./refusal.ts";
import type { HostedRepository } from "./repositories.ts";

/** `/v2/<name>/blobs/<digest>` */
export async function answerBlob(
  exchange: Exchange,
  name: string,
  digestText: string,
): Promise<Response> {
  const { request, desk, cache } = exchange;
  const digest = readDigest(digestText);
  if (request.method === "DELETE") {
    return await removeBlob(exchange, await desk.find(name), digest);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw unsupportedMethod(request, "GET, HEAD, DELETE");
  }
  const blobs = (cache === undefined ? await desk.find(name) : await desk.repositories.find(name))
    ?.blobs;
  // Whoever asks whether a blob is there will not send it.
  const size = request.method === "HEAD" ? await blobs?.touch(digest) : await blobs?.size(digest);
  if (blobs !== undefined && size !== undefined) {
    return await sendBlob(request, { digest, size, read: (range) => blobs.read(digest, range) });
  }
  if (cache === undefined) throw unknownBlob(digest);
  return await sendFrom(cache, request, digest);
}

/** Sends a blob that is not here yet; a question for its size alone does not fetch it. */
async function sendFrom(
  cache: CachedRepository,
  request: Request,
  digest: Digest,
): Promise<Response> {
  if (request.method === "HEAD") {
    const size = await cache.sizeOf(digest);
    return await sendBlob(request, { digest, size, read: () => ReadableStream.from([]) });
  }
  const arriving = await cache.fill(digest);
  const { size } = arriving.descriptor;
  return await sendBlob(request, { digest, size, read: (range) => arriving.read(range) });
}

interface SentBlob {
  readonly digest: Digest;
  readonly size: number;
  read(range?: ByteRange): ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>;
}

async function sendBlob(request: Request, { digest, size, read }: SentBlob): Promise<Response> {
  const etag = `"${digest}"`;
  const headers = {
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    etag,
  };
  if (request.headers.get("if-none-match") === etag) return empty(304, headers);
  if (request.method === "HEAD") return empty(200, { ...headers, "content-length": String(size) });
  const condition = request.headers.get("if-range");
  const range = condition === null || condition === etag
    ? parseRange(request.headers.get("range"), size)
    : undefined;
  if (range === "unsatisfiable") {
    throw new Refusal(416, "RANGE_INVALID", `the blob has ${size} bytes`, {
      headers: { "content-range": `bytes */${size}` },
    });
  }
  if (range === undefined) {
    return new Response(await read(), {
      headers: { ...headers, "content-length": String(size) },
    });
  }
  return new Response(await read(range), {
    status: 206,
    headers: {
      ...headers,
      "content-length": String(range.end - range.start),
      "content-range": `bytes ${range.start}-${range.end - 1}/${size}`,
    },
  });
}

async function removeBlob(
  { desk }: Exchange,
  repository: HostedRepository,
  digest: Digest,
): Promise<Response> {
  const manifests = desk.manifestsOf(repository);
  return await manifests.turns.alone(async () => {
    const user = await manifests.userOf(digest);
    if (user !== undefined) {
      throw new Refusal(
        405,
        "DENIED",
        "a manifest still has this blob: delete the manifest first",
        {
          detail: { manifest: user.digest },
        },
      );
    }
    if (!await repository.blobs.remove(digest)) throw unknownBlob(digest);
    desk.quota?.forget();
    return empty(202, { "docker-content-digest": digest });
  });
}
