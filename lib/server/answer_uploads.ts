import type { Algorithm, Digest } from "../oci/digest.ts";
import { isRepositoryPath } from "../oci/reference.ts";
import { empty, readDigest, unsupportedMethod } from "./answers.ts";
import { type ByteRange, parseContentRange } from "./byte_range.ts";
import type { Exchange } from "./desk.ts";
import { diskFull } from "./disk_full.ts";
import { Refusal } from "./refusal.ts";
import type { HostedRepository } from "./repositories.ts";
import type { UploadSession } from "./upload_session.ts";

/** `/v2/<name>/blobs/uploads/`: begins an upload, or takes a blob whole or from elsewhere. */
export async function answerUploads(exchange: Exchange, name: string): Promise<Response> {
  const { request, query, desk } = exchange;
  if (request.method !== "POST") throw unsupportedMethod(request, "POST");
  const repository = await desk.repositories.create(name);
  const mount = query.get("mount");
  if (mount !== null && await mountBlob(exchange, repository, readDigest(mount))) {
    return created(repository, readDigest(mount));
  }
  const digest = query.has("digest") ? readDigest(query.get("digest")) : undefined;
  const session = await desk.sessions.begin(repository, algorithmFor(query, digest));
  if (digest === undefined) return accepted(repository, session);
  try {
    await take(exchange, { repository, session });
  } catch (error) {
    await session.cancel();
    desk.sessions.release(repository, session);
    throw error;
  }
  return await finish(exchange, repository, session, digest);
}

/** `/v2/<name>/blobs/uploads/<id>` */
export async function answerUpload(
  exchange: Exchange,
  name: string,
  id: string,
): Promise<Response> {
  const { request, desk } = exchange;
  const repository = await desk.find(name);
  const session = await desk.sessions.find(repository, id);
  switch (request.method) {
    case "GET":
    case "HEAD":
      return progress(204, repository, session);
    case "PATCH":
      await add(exchange, repository, session);
      return accepted(repository, session);
    case "PUT": {
      const digest = readDigest(exchange.query.get("digest"));
      await add(exchange, repository, session);
      return await finish(exchange, repository, session, digest);
    }
    case "DELETE":
      await session.cancel();
      desk.sessions.release(repository, session);
      return empty(204);
    default:
      throw unsupportedMethod(request, "GET, HEAD, PATCH, PUT, DELETE");
  }
}

/** What says that there is no room: to go on with the upload makes no sense. */
const TOO_MUCH: ReadonlySet<number> = new Set([413, 507]);

/** Takes a body as far as quota and disk let it; what is too large is thrown away. */
async function take(
  { desk, request }: Exchange,
  { repository, session }: { repository: HostedRepository; session: UploadSession },
  range?: ByteRange,
): Promise<void> {
  if (request.body === null) return;
  const { meter, stallMs, quota } = desk;
  const room = await quota?.room(repository);
  function admit(bytes: number): void {
    if (quota !== undefined && room !== undefined && room() < bytes) {
      throw quota.exceeded(repository);
    }
  }
  const before = session.size;
  try {
    admit(Number(request.headers.get("content-length") ?? 0));
    await session.add(request.body, { range, stallMs, admit });
  } catch (error) {
    const refusal = diskFull(error) ?? error;
    if (refusal instanceof Refusal && TOO_MUCH.has(refusal.status)) {
      await session.cancel();
      desk.sessions.release(repository, session);
    }
    throw refusal;
  } finally {
    meter.received(session.size - before);
  }
}

async function add(
  exchange: Exchange,
  repository: HostedRepository,
  session: UploadSession,
): Promise<void> {
  try {
    await take(exchange, { repository, session }, readRange(exchange.request));
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 416) throw error;
    const { status, code, message, detail } = error;
    const headers = progressHeaders(repository, session);
    throw new Refusal(status, code, message, { detail, headers });
  }
}

async function finish(
  { desk }: Exchange,
  repository: HostedRepository,
  session: UploadSession,
  digest: Digest,
): Promise<Response> {
  try {
    await session.finish(digest);
    desk.quota?.added(repository, session.size);
  } finally {
    desk.sessions.release(repository, session);
  }
  return created(repository, digest);
}

/**
 * Takes a blob from the repository that is named, or from any that has it, of those that the sender
 * may pull from.
 */
async function mountBlob(
  { query, grant, desk: { repositories, quota } }: Exchange,
  repository: HostedRepository,
  digest: Digest,
): Promise<boolean> {
  if (await repository.blobs.touch(digest) !== undefined) return true;
  const from = query.get("from");
  if (from !== null && !isRepositoryPath(from)) {
    throw new Refusal(400, "NAME_INVALID", `"${from}" cannot name a repository`);
  }
  for (const name of from === null ? await repositories.names() : [from]) {
    // Clients seldom ask for a token that names where a mount comes from.
    if (!grant.couldAllow("pull", name)) continue;
    const source = await repositories.find(name);
    const size = await source?.blobs.size(digest);
    if (source === undefined || size === undefined) continue;
    await quota?.require(repository, size);
    if (!await repository.blobs.link(digest, source)) continue;
    quota?.added(repository, size);
    return true;
  }
  return false;
}

function readRange(request: Request): ByteRange | undefined {
  const range = parseContentRange(request.headers.get("content-range"));
  if (range === "invalid") {
    throw new Refusal(400, "RANGE_INVALID", 'expected a Content-Range such as "0-1023"');
  }
  const length = request.headers.get("content-length");
  if (range !== undefined && length !== null && Number(length) !== range.end - range.start) {
    throw new Refusal(
      400,
      "SIZE_INVALID",
      `Content-Range has ${range.end - range.start} bytes, Content-Length ${length}`,
    );
  }
  return range;
}

function algorithmFor(query: URLSearchParams, digest: Digest | undefined): Algorithm {
  const wanted = query.get("digest-algorithm") ?? digest?.slice(0, 6) ?? "sha256";
  if (wanted === "sha256" || wanted === "sha512") return wanted;
  throw new Refusal(400, "DIGEST_INVALID", 'expected the algorithm "sha256" or "sha512"', {
    detail: { algorithm: wanted },
  });
}

function accepted(repository: HostedRepository, session: UploadSession): Response {
  return progress(202, repository, session);
}

function progress(status: number, repository: HostedRepository, session: UploadSession): Response {
  return empty(status, progressHeaders(repository, session));
}

function progressHeaders(
  { name }: HostedRepository,
  { id, size }: UploadSession,
): Readonly<Record<string, string>> {
  return {
    "docker-upload-uuid": id,
    location: `/v2/${name}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, size - 1)}`,
  };
}

function created({ name }: HostedRepository, digest: Digest): Response {
  return empty(201, {
    "docker-content-digest": digest,
    location: `/v2/${name}/blobs/${digest}`,
  });
}
