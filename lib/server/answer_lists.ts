import type { Descriptor } from "../oci/descriptor.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import { readDigest, unsupportedMethod } from "./answers.ts";
import type { Exchange } from "./desk.ts";
import { cutPage } from "./page.ts";

const MAX_REFERRERS = 1000;

/** `/v2/_catalog`: the repositories that the sender may pull from. */
export async function answerCatalog(exchange: Exchange): Promise<Response> {
  requireReading(exchange);
  const { desk, grant } = exchange;
  const names = await desk.repositories.names();
  const visible = names.filter((name) => grant.couldAllow("pull", name));
  const { items, headers } = cutPage(exchange, "/v2/_catalog", visible);
  return Response.json({ repositories: items }, { headers });
}

/** `/v2/<name>/tags/list` */
export async function answerTags(exchange: Exchange, name: string): Promise<Response> {
  requireReading(exchange);
  const { desk, cache } = exchange;
  const tags = await cache?.tags() ?? await desk.manifestsOf(await desk.find(name)).tags();
  const { items, headers } = cutPage(exchange, `/v2/${name}/tags/list`, tags);
  return Response.json({ name, tags: items }, { headers });
}

/**
 * `/v2/<name>/referrers/<digest>`: what is about a manifest, whether that is there or not. Long
 * lists come in pages.
 */
export async function answerReferrers(
  exchange: Exchange,
  name: string,
  digestText: string,
): Promise<Response> {
  requireReading(exchange);
  const { query, desk, cache } = exchange;
  const subject = readDigest(digestText);
  const repository = await desk.repositories.find(name);
  const manifestsHere = repository && desk.manifestsOf(repository);
  const all = await (cache ?? manifestsHere)?.referrers(subject) ?? [];
  // A "+" that was not percent-encoded reads as a space, which no media type has.
  const artifactType = query.get("artifactType")?.replaceAll(" ", "+");
  const wanted = artifactType === undefined
    ? all
    : all.filter((referrer) => referrer.artifactType === artifactType);
  const { manifests, link } = cutReferrers(exchange, `/v2/${name}/referrers/${subject}`, wanted);
  return Response.json({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests }, {
    headers: {
      "content-type": MEDIA_TYPE.ociIndex,
      ...(artifactType === undefined ? {} : { "oci-filters-applied": "artifactType" }),
      ...(link === undefined ? {} : { link }),
    },
  });
}

function cutReferrers(
  { query }: Exchange,
  path: string,
  all: readonly Descriptor[],
): { readonly manifests: readonly Descriptor[]; readonly link: string | undefined } {
  const last = query.get("last");
  const rest = all.slice(all.findIndex(({ digest }) => digest === last) + 1);
  const manifests = rest.slice(0, MAX_REFERRERS);
  const end = manifests.at(-1);
  if (end === undefined || manifests.length === rest.length) return { manifests, link: undefined };
  const next = new URLSearchParams(query);
  next.set("last", end.digest);
  return { manifests, link: `<${path}?${next}>; rel="next"` };
}

function requireReading({ request }: Exchange): void {
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw unsupportedMethod(request, "GET, HEAD");
  }
}
