import { NotFoundError } from "../errors.ts";
import { type Auth, requireAccess } from "./access.ts";
import { answerBlob } from "./answer_blob.ts";
import { answerCatalog, answerReferrers, answerTags } from "./answer_lists.ts";
import { answerHealth, answerMetrics } from "./answer_watch.ts";
import { answerManifest } from "./answer_manifest.ts";
import { answerToken } from "./answer_token.ts";
import { answerUpload, answerUploads } from "./answer_uploads.ts";
import { unknownBlob } from "./answers.ts";
import { Desk, type Exchange } from "./desk.ts";
import { type FaultRule, Faults } from "./faults.ts";
import { diskFull } from "./disk_full.ts";
import { Refusal } from "./refusal.ts";
import type { GarbageOptions, GarbageReport } from "./garbage.ts";
import type { QuotaOptions } from "./quota.ts";
import type { Repositories } from "./repositories.ts";
import { parseRoute, type Route } from "./route.ts";
import { SignIn } from "./sign_in.ts";
import type { Upstream } from "./upstream.ts";
import type { Meant } from "./upstreams.ts";

/** What a registry did: one for each request. */
export interface RegistryEvent {
  /** The HTTP method. */
  readonly method: string;
  /** The path and query as they were sent. */
  readonly path: string;
  /** The status of the answer. */
  readonly status: number;
  /** How long the answer took to begin, in milliseconds. */
  readonly milliseconds: number;
  /** Who signed in to send it. */
  readonly user?: string;
  /** The first error code of the answer, such as `MANIFEST_UNKNOWN`. */
  readonly code?: string;
  /** What went wrong inside, when the status is 500. */
  readonly error?: unknown;
}

/** Options of {@linkcode createRegistry}. */
export interface CreateRegistryOptions {
  /** Where the content is kept. */
  readonly repositories: Repositories;
  /** Refuses everything that would change something; `false` unless said. */
  readonly readOnly?: boolean;
  /**
   * Takes manifests whose parts are not all there, such as an index of which one platform was
   * copied; `false` unless said: what is published can be pulled.
   */
  readonly sparse?: boolean;
  /**
   * Other registries, whose content is fetched and kept when somebody asks for it: what is wanted of
   * `docker.io` is kept in repositories that begin with `docker.io/`. None unless said.
   */
  readonly upstreams?: readonly Upstream[];
  /** Asks whoever sends requests who they are; everybody may do everything unless said. */
  readonly auth?: Auth;
  /** Misbehaves on demand, to try clients on; never unless said. */
  readonly faults?: readonly FaultRule[];
  /** How long to wait for the next bytes of a request's body, in milliseconds; a minute unless said. */
  readonly stallMs?: number;
  /** How much it keeps; everything unless said. */
  readonly quota?: QuotaOptions;
  /** Collects garbage while it serves; never unless said. */
  readonly garbage?: CollectOptions;
  /** Hears of every request. */
  readonly log?: (event: RegistryEvent) => void;
}

/** How a registry collects garbage while it serves. */
export interface CollectOptions extends GarbageOptions {
  /** How long it waits in between, in milliseconds. */
  readonly everyMs: number;
  /** Hears what was removed, or why nothing could be. */
  readonly log?: (outcome: GarbageReport | { readonly error: unknown }) => void;
}

/** A registry as a function from request to answer. Disposing of it ends what it does besides. */
export interface RegistryHandler extends AsyncDisposable {
  /** Answers a request. Never rejects: what goes wrong is an answer too. */
  fetch(request: Request): Promise<Response>;
  /** Removes what nothing published needs. */
  collectGarbage(options?: GarbageOptions): Promise<GarbageReport>;
}

type ApiRoute = Exclude<Route, { readonly kind: "token" }>;

const READING: ReadonlySet<string> = new Set(["GET", "HEAD"]);
const CACHE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE"]);

/**
 * A registry of the OCI distribution specification, as a handler of requests: give its `fetch` to
 * `Deno.serve`, or call it.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md distribution-spec}
 * @example
 * ```ts
 * import { createRegistry, memoryRepositories } from "@davit/davit/server";
 *
 * const registry = createRegistry({ repositories: memoryRepositories() });
 * const { status } = await registry.fetch(new Request("http://registry.example/v2/"));
 * console.assert(status === 200);
 * ```
 */
export function createRegistry(options: CreateRegistryOptions): RegistryHandler {
  const { repositories, readOnly = false, sparse = false, stallMs = 60_000, log } = options;
  const { upstreams, quota } = options;
  const desk = new Desk({ repositories, stallMs, sparse, upstreams, quota });
  const signIn = new SignIn(options.auth);
  const faults = new Faults(options.faults);
  const stopCollecting = collectEvery(options.garbage, desk);
  return {
    async fetch(request) {
      const start = performance.now();
      const target = targetOf(request.url);
      const outcome: Outcome = {};
      const attend = async () => {
        return await answer(request, target, { desk, signIn, readOnly, outcome });
      };
      const response = await faults.around(request, target, attend)
        .catch((error) => answerError(error, outcome));
      response.headers.set("docker-distribution-api-version", "registry/2.0");
      const { method } = request;
      const { status } = response;
      const { route = "unknown", ...known } = outcome;
      const bytes = Number(response.headers.get("content-length") ?? 0);
      desk.meter.answered({ method, route, status, bytes });
      log?.({
        method,
        path: target,
        status,
        milliseconds: performance.now() - start,
        ...known,
      });
      return response;
    },
    collectGarbage: (options = {}) => desk.collectGarbage(options),
    async [Symbol.asyncDispose]() {
      desk[Symbol.dispose]();
      await stopCollecting();
    },
  };
}

/** Begins to collect garbage now and then; returns what stops that. */
function collectEvery(garbage: CollectOptions | undefined, desk: Desk): () => Promise<void> {
  if (garbage === undefined) return () => Promise.resolve();
  const { everyMs, log, ...options } = garbage;
  let collecting: Promise<void> | undefined;
  async function collect(): Promise<void> {
    const outcome = await desk.collectGarbage(options).catch((error) => ({ error }));
    collecting = undefined;
    log?.(outcome);
  }
  const timer = setInterval(() => void (collecting ??= collect()), everyMs);
  return async () => {
    clearInterval(timer);
    await collecting;
  };
}

interface Outcome {
  route?: Route["kind"];
  user?: string;
  code?: string;
  error?: unknown;
}

interface Circumstances {
  readonly desk: Desk;
  readonly signIn: SignIn;
  readonly readOnly: boolean;
  readonly outcome: Outcome;
}

async function answer(
  request: Request,
  target: string,
  { desk, signIn, readOnly, outcome }: Circumstances,
): Promise<Response> {
  const [path = "", ...rest] = target.split("?");
  const query = new URLSearchParams(rest.join("?"));
  const asked = parseRoute(path);
  outcome.route = asked.kind;
  const { stallMs } = desk;
  if (asked.kind === "token") return await answerToken(request, query, { signIn, stallMs });
  const grant = await signIn.grant(request);
  if (grant.user !== undefined) outcome.user = grant.user;
  const { route, meant } = await findMeant(asked, { request, query, desk });
  const { method } = request;
  requireAccess(grant, { route, method }, (...words) => signIn.refuse(request, ...words));
  if (readOnly && !READING.has(request.method)) {
    throw new Refusal(405, "UNSUPPORTED", "this registry is read-only");
  }
  const cache = meant === undefined ? undefined : desk.cacheOf(meant);
  if (cache !== undefined && !CACHE_METHODS.has(request.method)) {
    throw new Refusal(
      405,
      "UNSUPPORTED",
      "this repository is a cache: push to where it comes from",
    );
  }
  return await dispatch(route, { request, query, desk, grant, cache });
}

/** Puts the repository's name here in the place of the one that the client gave. */
async function findMeant(
  route: ApiRoute,
  { request, query, desk }: Omit<Exchange, "grant">,
): Promise<{ readonly route: ApiRoute; readonly meant?: Meant }> {
  if (!("repository" in route)) return { route };
  const meant = await desk.upstreams.find(route.repository, {
    namespace: query.get("ns"),
    isReading: READING.has(request.method),
    here: desk.repositories,
  });
  return { route: { ...route, repository: meant.repository }, meant };
}

function dispatch(
  route: ApiRoute,
  exchange: Exchange,
): Promise<Response> {
  switch (route.kind) {
    case "health":
      return answerHealth(exchange);
    case "metrics":
      return answerMetrics(exchange);
    case "base":
      return Promise.resolve(Response.json({}));
    case "catalog":
      return answerCatalog(exchange);
    case "tags":
      return answerTags(exchange, route.repository);
    case "manifest":
      return answerManifest(exchange, route.repository, route.reference);
    case "referrers":
      return answerReferrers(exchange, route.repository, route.digest);
    case "blob":
      return answerBlob(exchange, route.repository, route.digest);
    case "uploads":
      return answerUploads(exchange, route.repository);
    case "upload":
      return answerUpload(exchange, route.repository, route.id);
  }
}

function answerError(error: unknown, outcome: Outcome): Response {
  const refusal = refusalOf(error);
  outcome.code = refusal.code;
  if (refusal.status === 500 || refusal.status === 507) outcome.error = refusal.cause;
  return refusal.toResponse();
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  // What was there a moment ago and is not now.
  if (error instanceof NotFoundError) return unknownBlob(error.subject);
  return diskFull(error) ?? new Refusal(500, "UNKNOWN", "the registry failed", { cause: error });
}

/** Path and query as the client sent them: a `URL` would resolve the dots that must be refused. */
function targetOf(url: string): string {
  const authority = url.indexOf("//") + 2;
  const path = url.indexOf("/", authority);
  return path < 0 ? "/" : url.slice(path).split("#", 1)[0] ?? "/";
}
