import { NotFoundError } from "../errors.ts";
import { isDigest } from "../oci/digest.ts";
import { empty, readDigest, unknownManifest, unsupportedMethod } from "./answers.ts";
import type { Exchange } from "./desk.ts";
import { putManifest } from "./put_manifest.ts";
import type { HostedRepository } from "./repositories.ts";

/** `/v2/<name>/manifests/<tag or digest>` */
export async function answerManifest(
  exchange: Exchange,
  name: string,
  reference: string,
): Promise<Response> {
  const { request, desk } = exchange;
  if (reference.includes(":")) readDigest(reference);
  if (request.method === "PUT") return await putManifest(exchange, name, reference);
  const isReading = request.method === "GET" || request.method === "HEAD";
  const warning = isReading ? await exchange.cache?.update(reference) : undefined;
  const repository = await desk.find(name);
  switch (request.method) {
    case "GET":
    case "HEAD":
      return warned(await sendManifest(exchange, repository, reference), warning);
    case "DELETE":
      return await removeManifest(exchange, repository, reference);
    default:
      throw unsupportedMethod(request, "GET, HEAD, PUT, DELETE");
  }
}

function warned(response: Response, warning: string | undefined): Response {
  if (warning !== undefined) response.headers.set("warning", `299 - "${warning}"`);
  return response;
}

async function sendManifest(
  { request, desk, cache }: Exchange,
  repository: HostedRepository,
  reference: string,
): Promise<Response> {
  const manifests = desk.manifestsOf(repository);
  const descriptor = await manifests.find(reference);
  if (descriptor === undefined) throw unknownManifest(reference);
  if (cache !== undefined) await repository.blobs.touch(descriptor.digest);
  const bytes = await manifests.read(descriptor).catch((error) => {
    throw error instanceof NotFoundError ? unknownManifest(reference) : error;
  });
  const etag = `"${descriptor.digest}"`;
  const headers = {
    "content-length": String(bytes.length),
    "content-type": descriptor.mediaType,
    "docker-content-digest": descriptor.digest,
    etag,
  };
  if (request.headers.get("if-none-match") === etag) return empty(304, { etag });
  if (request.method === "HEAD") return empty(200, headers);
  return new Response(bytes as Uint8Array<ArrayBuffer>, { headers });
}

async function removeManifest(
  { desk }: Exchange,
  repository: HostedRepository,
  reference: string,
): Promise<Response> {
  const manifests = desk.manifestsOf(repository);
  await manifests.turns.alone(async () => {
    if (await manifests.find(reference) === undefined) throw unknownManifest(reference);
    if (isDigest(reference)) await manifests.remove(reference);
    else await manifests.removeTag(reference);
  });
  desk.quota?.forget();
  return empty(202);
}
