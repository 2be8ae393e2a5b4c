import { DavitError, LimitExceededError, NotFoundError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, digestBytes, isDigest } from "../oci/digest.ts";
import { MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import { isIndexType, isManifestType } from "../oci/media_type.ts";
import { empty, type Exchange, readDigest, unsupportedMethod } from "./desk.ts";
import { type ManifestFacts, readFacts } from "./manifest_facts.ts";
import type { Manifests } from "./manifests.ts";
import { isTag } from "./names.ts";
import { readBody } from "./pump.ts";
import { Refusal } from "./refusal.ts";
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
  const repository = await desk.find(name);
  switch (request.method) {
    case "GET":
    case "HEAD":
      return await sendManifest(exchange, repository, reference);
    case "DELETE":
      return await removeManifest(exchange, repository, reference);
    default:
      throw unsupportedMethod(request, "GET, HEAD, PUT, DELETE");
  }
}

async function sendManifest(
  { request, desk }: Exchange,
  repository: HostedRepository,
  reference: string,
): Promise<Response> {
  const manifests = desk.manifestsOf(repository);
  const descriptor = await manifests.find(reference);
  if (descriptor === undefined) throw unknownManifest(reference);
  const bytes = await manifests.read(descriptor).catch((error) => {
    if (error instanceof NotFoundError) throw unknownManifest(reference);
    throw error;
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

async function putManifest(
  { request, query, desk }: Exchange,
  name: string,
  reference: string,
): Promise<Response> {
  const tags = [...isDigest(reference) ? [] : [reference], ...query.getAll("tag")];
  for (const tag of tags) {
    if (!isTag(tag)) throw new Refusal(400, "TAG_INVALID", `"${tag}" cannot be a tag`);
  }
  const bytes = await readManifestBody(request, desk.stallMs);
  const digest = await digestBytes(bytes, isDigest(reference) ? algorithmOf(reference) : "sha256");
  if (isDigest(reference) && reference !== digest) {
    throw new Refusal(400, "DIGEST_INVALID", "the manifest has another digest", {
      detail: { expected: reference, actual: digest },
    });
  }
  const mediaType = mediaTypeOf(request, bytes);
  const facts = checkDocument(bytes, mediaType);
  const repository = await desk.repositories.create(name);
  const manifests = desk.manifestsOf(repository);
  const descriptor = { mediaType, digest, size: bytes.length };
  await manifests.turns.share(async () => {
    await requireParts(repository, manifests, facts);
    await manifests.put(descriptor, bytes, tags, facts);
  });
  return empty(201, {
    "docker-content-digest": digest,
    location: `/v2/${name}/manifests/${digest}`,
    ...(facts.subject === undefined ? {} : { "oci-subject": facts.subject }),
    ...(query.has("tag") ? { "oci-tag": query.getAll("tag").join(", ") } : {}),
  });
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
  return empty(202);
}

async function readManifestBody(
  request: Request,
  stallMs: number,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readBody(request, { maxBytes: MAX_MANIFEST_BYTES, stallMs });
  } catch (error) {
    if (!(error instanceof LimitExceededError)) throw error;
    throw new Refusal(413, "MANIFEST_INVALID", `a manifest has at most ${error.limit} bytes`, {
      detail: { limit: error.limit },
    });
  }
}

/** The type the client says, without parameters; the document's own word when it says nothing. */
function mediaTypeOf(request: Request, bytes: Uint8Array): string {
  const said = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (said !== undefined && said !== "") return said;
  const declared = /"mediaType"\s*:\s*"([^"\\]+)"/.exec(new TextDecoder().decode(bytes));
  return declared?.[1] ?? "";
}

function checkDocument(bytes: Uint8Array, mediaType: string): ManifestFacts {
  if (!isManifestType(mediaType) && !isIndexType(mediaType)) {
    throw new Refusal(
      400,
      "MANIFEST_INVALID",
      "expected a Content-Type of an OCI or Docker (schema 2) manifest, index or manifest list",
      { detail: { mediaType } },
    );
  }
  try {
    return readFacts(bytes, mediaType);
  } catch (error) {
    if (!(error instanceof DavitError)) throw error;
    throw new Refusal(400, "MANIFEST_INVALID", error.message, { cause: error });
  }
}

/** Refuses a manifest whose parts are not all there: nothing that cannot be pulled is published. */
async function requireParts(
  repository: HostedRepository,
  manifests: Manifests,
  facts: ManifestFacts,
): Promise<void> {
  for (const blob of facts.blobs) {
    requireSize(blob, await repository.blobs.size(blob.digest), "MANIFEST_BLOB_UNKNOWN");
  }
  for (const child of facts.manifests) {
    const found = await manifests.find(child.digest);
    requireSize(child, found?.size, "MANIFEST_UNKNOWN");
  }
}

function requireSize(
  { digest, size }: Descriptor,
  actual: number | undefined,
  code: "MANIFEST_BLOB_UNKNOWN" | "MANIFEST_UNKNOWN",
): void {
  if (actual === size) return;
  if (actual === undefined) {
    throw new Refusal(404, code, "the manifest names content that was not pushed before it", {
      detail: { digest },
    });
  }
  throw new Refusal(400, "MANIFEST_INVALID", "the manifest gives another size than the content's", {
    detail: { digest, expected: size, actual },
  });
}

function unknownManifest(reference: Digest | string): Refusal {
  return new Refusal(404, "MANIFEST_UNKNOWN", "the repository has no such manifest", {
    detail: { reference },
  });
}
