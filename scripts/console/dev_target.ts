import { BUILD_FILES } from "./build_file.ts";
import { openBuild } from "../../lib/dev/build_source.ts";
import { type DevCluster, openDevCluster } from "../../lib/dev/dev_cluster.ts";
import { type ImageSource, storedImage } from "../../lib/dev/image_source.ts";
import { buildsIn, readManifests } from "../../lib/dev/manifests.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { DEFAULT_CLUSTER } from "../../lib/k3s/names.ts";
import { parseReference } from "../../lib/oci/reference.ts";
import { present } from "../../lib/oci/present.ts";
import { resolvePath } from "../../lib/places/resolve_location.ts";
import { ClusterSession } from "./cluster_session.ts";
import type { Context } from "./context.ts";
import { creationTime } from "./creation_time.ts";
import type { DevFlags } from "./dev_flags.ts";
import { openImportSources } from "./import_sources.ts";
import type { Session } from "./session.ts";
import { userLayerCache } from "./user_layer_cache.ts";

/** What a command runs, and where. */
export interface DevTarget {
  /** The cluster. */
  readonly cluster: DevCluster;
  /** Where the images come from. */
  readonly sources: readonly ImageSource[];
  /** The manifests, by absolute paths. */
  readonly manifests: readonly string[];
}

/** What has the name of a build file; anything else that is a file is an archive of images. */
const BUILD_FILE = /\.(?:ya?ml|json|[cm]?[jt]s)$/;

/**
 * Opens what is to be run: the word, and the builds that manifests name. Without a word it is the
 * build of this directory, unless manifests name one.
 *
 * @throws {NotFoundError} When there is no such build, image or cluster.
 */
export async function openDevTarget(
  { context, session, scope }: {
    readonly context: Context;
    readonly session: Session;
    readonly scope: AsyncDisposableStack;
  },
  flags: DevFlags,
  word: string | undefined,
): Promise<DevTarget> {
  const manifests = (flags.filename ?? []).map((path) => resolvePath(path, Deno.cwd()));
  const named = buildsIn(await readManifests(manifests));
  const words = word === undefined && named.length > 0 ? [] : [word ?? "."];
  const sources = new Map<string, ImageSource>();
  const opening = {
    places: session.places,
    created: creationTime(context.env).seconds,
    ...present({ cache: flags.cache === false ? undefined : userLayerCache(context.env) }),
  };
  const builds = await Promise.all(words.map(findBuild));
  for (const path of [...builds, ...named]) {
    if (path === undefined || sources.has(path)) continue;
    sources.set(path, scope.use(await openBuild(path, opening)));
  }
  for (const [index, place] of words.entries()) {
    if (builds[index] !== undefined) continue;
    for (const image of await openImportSources([place], { context, session, scope })) {
      const { registry, repository } = parseReference(image.names[0] ?? place);
      const view = "view" in image ? image.view : await image.open();
      sources.set(place, storedImage(view, { registry, repository }, place));
    }
  }
  using clusters = new ClusterSession(context, flags);
  const cluster = await openDevCluster(flags.cluster ?? DEFAULT_CLUSTER, clusters.options);
  return { cluster: scope.use(cluster), sources: [...sources.values()], manifests };
}

/** The build file that a word means; `undefined` when it means an image. */
async function findBuild(word: string): Promise<string | undefined> {
  const path = resolvePath(word, Deno.cwd());
  const info = await Deno.stat(path).catch(() => undefined);
  if (info?.isDirectory !== true) return BUILD_FILE.test(word) ? path : undefined;
  for (const name of BUILD_FILES) {
    const file = `${path.replace(/\/\.?$/, "")}/${name}`;
    if (await Deno.stat(file).then(({ isFile }) => isFile, () => false)) return file;
  }
  if (word !== "." && await isLayout(path)) return undefined;
  throw new NotFoundError("build file", resolvePath(BUILD_FILES[0] ?? "", path));
}

async function isLayout(path: string): Promise<boolean> {
  return await Deno.stat(`${path}/oci-layout`).then(() => true, () => false);
}
