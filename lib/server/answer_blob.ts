import type { Digest } from "../oci/digest.ts";
import { empty, readDigest, unknownBlob, unsupportedMethod } from "./answers.ts";
import { parseRange } from "./byte_range.ts";
import type { Exchange } from "./desk.ts";
import { Refusal } from "./refusal.ts";
import type { HostedRepository } from "./repositories.ts";

/** `/v2/<name>/blobs/<digest>` */
export async function answerBlob(
  exchange: Exchange,
  name: string,
  digestText: string,
): Promise<Response> {
  const { request, desk } = exchange;
  const digest = readDigest(digestText);
  const repository = await desk.find(name);
  if (request.method === "DELETE") return await removeBlob(exchange, repository, digest);
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw unsupportedMethod(request, "GET, HEAD, DELETE");
  }
  const size = await repository.blobs.size(digest);
  if (size === undefined) throw unknownBlob(digest);
  return await sendBlob(request, repository, { digest, size });
}

async function sendBlob(
  request: Request,
  repository: HostedRepository,
  { digest, size }: { readonly digest: Digest; readonly size: number },
): Promise<Response> {
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
    return new Response(await repository.blobs.read(digest), {
      headers: { ...headers, "content-length": String(size) },
    });
  }
  return new Response(await repository.blobs.read(digest, range), {
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
    return empty(202, { "docker-content-digest": digest });
  });
}
