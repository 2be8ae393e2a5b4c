import { DavitError, LimitExceededError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, digestBytes, isDigest } from "../oci/digest.ts";
import { DocumentField } from "../oci/document_field.ts";
import { MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import { isIndexType, isManifestType, MEDIA_TYPE } from "../oci/media_type.ts";
import { isTag } from "../oci/reference.ts";
import { empty } from "./answers.ts";
import type { Desk, Exchange } from "./desk.ts";
import { type ManifestFacts, readFacts } from "./manifest_facts.ts";
import { readBody } from "./pump.ts";
import { Refusal } from "./refusal.ts";
import type { HostedRepository } from "./repositories.ts";

/** `PUT /v2/<name>/manifests/<tag or digest>`: publishes a manifest all of whose parts are there. */
export async function putManifest(
  { request, query, desk }: Exchange,
  name: string,
  reference: string,
): Promise<Response> {
  const added = query.getAll("tag");
  const tags = isDigest(reference) ? added : [reference, ...added];
  for (const tag of tags) {
    if (!isTag(tag)) throw new Refusal(400, "TAG_INVALID", `"${tag}" cannot be a tag`);
  }
  const bytes = await readManifest(request, desk.stallMs);
  desk.meter.received(bytes.length);
  const digest = await digestOf(bytes, reference);
  const { mediaType, facts } = readDocument(request, bytes);
  const repository = await desk.repositories.create(name);
  const manifests = desk.manifestsOf(repository);
  await manifests.turns.share(async () => {
    await requireParts(repository, facts, desk);
    await desk.quota?.require(repository, bytes.length);
    await manifests.put({ mediaType, digest, size: bytes.length }, bytes, { tags, facts });
  });
  desk.quota?.added(repository, bytes.length);
  return empty(201, {
    "docker-content-digest": digest,
    location: `/v2/${name}/manifests/${digest}`,
    ...(facts.subject === undefined ? {} : { "oci-subject": facts.subject }),
    ...(added.length === 0 ? {} : { "oci-tag": added.join(", ") }),
  });
}

async function readManifest(request: Request, stallMs: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readBody(request, { maxBytes: MAX_MANIFEST_BYTES, stallMs });
  } catch (error) {
    if (!(error instanceof LimitExceededError)) throw error;
    throw new Refusal(413, "MANIFEST_INVALID", `a manifest has at most ${error.limit} bytes`, {
      detail: { limit: error.limit },
    });
  }
}

async function digestOf(bytes: Uint8Array, reference: string): Promise<Digest> {
  if (!isDigest(reference)) return await digestBytes(bytes);
  const actual = await digestBytes(bytes, algorithmOf(reference));
  if (actual === reference) return actual;
  throw new Refusal(400, "DIGEST_INVALID", "the manifest has another digest", {
    detail: { expected: reference, actual },
  });
}

/** Takes the client's word for what the document is, if the document does not say otherwise. */
function readDocument(
  request: Request,
  bytes: Uint8Array,
): { readonly mediaType: string; readonly facts: ManifestFacts } {
  try {
    const said = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
    const mediaType = said === undefined || said === "" ? declaredType(bytes) : said;
    if (isManifestType(mediaType) || isIndexType(mediaType)) {
      return { mediaType, facts: readFacts(bytes, mediaType) };
    }
    throw new Refusal(
      400,
      "MANIFEST_INVALID",
      "expected the Content-Type of an OCI or Docker (schema 2) manifest, index or manifest list",
      { detail: { mediaType } },
    );
  } catch (error) {
    if (!(error instanceof DavitError)) throw error;
    throw new Refusal(400, "MANIFEST_INVALID", error.message, { cause: error });
  }
}

function declaredType(bytes: Uint8Array): string {
  const root = DocumentField.parse("manifest", bytes);
  const declared = root.member("mediaType").optional((field) => field.string());
  const likely = root.member("manifests").isPresent ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.ociManifest;
  return declared ?? likely;
}

/** Refuses a manifest whose parts are not all there, unless that is wanted, or of other sizes. */
async function requireParts(
  repository: HostedRepository,
  facts: ManifestFacts,
  desk: Desk,
): Promise<void> {
  for (const blob of facts.blobs) {
    const actual = await repository.blobs.touch(blob.digest);
    if (actual === undefined && desk.sparse) continue;
    requireSize(blob, actual, "MANIFEST_BLOB_UNKNOWN");
  }
  const manifests = desk.manifestsOf(repository);
  for (const child of facts.manifests) {
    const found = await manifests.find(child.digest);
    if (found === undefined && desk.sparse) continue;
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
