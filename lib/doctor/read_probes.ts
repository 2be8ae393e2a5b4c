import type { View } from "../image/image.ts";
import { listImages } from "../image/select.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import { type Answer, discard, readJson } from "../registry/answer.ts";
import { acceptHeader } from "../registry/manifest_type.ts";
import type { Repository } from "../registry/repository.ts";
import type { RepositoryApi } from "../registry/repository_api.ts";
import { CATALOG_SCOPE } from "../registry/scope.ts";
import type { Transport } from "../registry/transport.ts";
import { present } from "../oci/present.ts";
import type { Notes, Seen } from "./notes.ts";

const MAX_LIST_BYTES = 16 * 1024 * 1024;

/** Tries whether the registry lists its repositories. */
export async function probeCatalog(
  registry: string,
  transport: Transport,
  { signal }: CallOptions,
): Promise<Seen> {
  const answer = await transport.request({
    registry,
    scopes: [CATALOG_SCOPE],
    method: "GET",
    target: "/v2/_catalog?n=1",
    expected: [200, 401, 403, 404, 405],
    ...present({ signal }),
  });
  await discard(answer);
  return answer.status === 200
    ? ["yes", "lists its repositories"]
    : ["no", `does not list its repositories (${answer.status})`];
}

/** What the probes of a repository read. */
export interface ReadSubject {
  readonly repository: Repository;
  readonly api: RepositoryApi;
  readonly signal: AbortSignal | undefined;
}

/** Tries what can be read of a repository; returns a blob of it, if it has one. */
export async function probeRepository(
  notes: Notes,
  subject: ReadSubject,
): Promise<Descriptor | undefined> {
  const { repository, signal } = subject;
  let tag: string | undefined;
  await notes.try("tags", async () => {
    for await (const name of repository.names(present({ signal }))) {
      tag = name;
      return ["yes", `lists its tags, such as ${name}`];
    }
    return ["yes", "lists its tags; there are none"];
  });
  await notes.try("pages", () => probePages(subject));
  if (tag === undefined) return undefined;
  const name = tag;
  await notes.try("digest-headers", () => probeHead(subject, name));
  let view: View | undefined;
  await notes.try("referrers", async () => {
    view = await repository.open(name, present({ signal }));
    return await probeReferrers(notes, subject, await view.descriptor());
  });
  const blob = view === undefined ? undefined : await findBlob(view).catch(() => undefined);
  if (blob !== undefined) await notes.try("range", () => probeRange(notes, subject, blob));
  return blob;
}

async function probePages({ api, signal }: ReadSubject): Promise<Seen> {
  const answer = await api.request({
    method: "GET",
    target: "tags/list?n=1",
    access: "pull",
    signal,
  });
  const link = answer.headers.get("link");
  const list = await readJson(answer, { what: "tags", maxBytes: MAX_LIST_BYTES });
  const { tags } = list as { readonly tags?: unknown };
  const count = Array.isArray(tags) ? tags.length : 0;
  if (count > 1) return ["no", `asked for one tag, it sent all ${count}`];
  return link === null
    ? ["unknown", "there is one page only"]
    : ["yes", "gives long lists in pages, with a link to the next"];
}

async function probeHead({ api, signal }: ReadSubject, tag: string): Promise<Seen> {
  const answer = await api.request({
    method: "HEAD",
    target: `manifests/${tag}`,
    access: "pull",
    headers: { accept: acceptHeader() },
    signal,
  });
  await discard(answer);
  const wanted = ["docker-content-digest", "content-length", "content-type"];
  const missing = wanted.filter((name) => !answer.headers.has(name));
  return missing.length === 0
    ? ["yes", "a HEAD tells digest, size and type"]
    : ["no", `a HEAD does not tell ${missing.join(" and ")}: manifests are fetched instead`];
}

async function probeReferrers(
  notes: Notes,
  { api, signal }: ReadSubject,
  { digest }: Descriptor,
): Promise<Seen> {
  const query = new URLSearchParams({ artifactType: "application/vnd.davit.doctor" });
  const answer = await api.request({
    method: "GET",
    target: `referrers/${digest}?${query}`,
    access: "pull",
    headers: { accept: MEDIA_TYPE.ociIndex },
    expected: [200, 400, 404, 405, 406, 501],
    signal,
  });
  await discard(answer);
  const isIndex = answer.headers.get("content-type")?.startsWith(MEDIA_TYPE.ociIndex) === true;
  if (answer.status !== 200 || !isIndex) {
    return ["no", "has no referrers API: clients keep lists under tags such as sha256-…"];
  }
  const filters = answer.headers.has("oci-filters-applied");
  notes.add("referrers-filter", [
    filters ? "yes" : "no",
    filters ? "filters referrers by type" : "sends all referrers: clients filter them",
  ]);
  return ["yes", "lists what is about an image (signatures, SBOMs)"];
}

/** A small blob that a view leads to: the config of its first image. */
async function findBlob(view: View): Promise<Descriptor | undefined> {
  if (view.kind === "image") return await view.configDescriptor();
  if (view.kind === "blob") return undefined;
  const [first] = await listImages(view);
  return await first?.image.configDescriptor();
}

async function probeRange(
  notes: Notes,
  { api, signal }: ReadSubject,
  { digest, size }: Descriptor,
): Promise<Seen> {
  const ask = (range: string): Promise<Answer> =>
    api.request({
      method: "GET",
      target: `blobs/${digest}`,
      access: "pull",
      headers: { range: `bytes=${range}` },
      expected: [200, 206, 416],
      signal,
    });
  const answer = await ask("1-");
  await discard(answer);
  const { host } = answer.url;
  const isOwn = host === new URL(`http://${api.name.registry}`).host ||
    host === new URL(`https://${api.name.registry}`).host;
  notes.add("storage", isOwn ? ["no", "serves blobs itself"] : ["yes", `sends readers to ${host}`]);
  if (answer.status === 206) {
    const expected = `bytes 1-${size - 1}/${size}`;
    return answer.headers.get("content-range") === expected
      ? ["yes", "a download that broke off goes on where it was"]
      : ["no", `answers a range with "${answer.headers.get("content-range")}"`];
  }
  const closed = await ask(`1-${size - 1}`);
  await discard(closed);
  return closed.status === 206
    ? ["yes", "a download that broke off goes on where it was (by ranges with an end only)"]
    : ["no", "sends blobs whole only: a download that broke off starts anew"];
}
