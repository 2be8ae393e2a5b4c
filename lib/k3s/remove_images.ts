import { DockerCli } from "../docker/cli.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Digest } from "../oci/digest.ts";
import { containerdName } from "../oci/reference.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";
import { findCluster } from "./list_clusters.ts";
import { pause } from "./pause.ts";
import { settle } from "./settle.ts";

const CTR = ["ctr", "--namespace", "k8s.io", "images"] as const;

/** How long after a removal containerd may bring IDs back, in milliseconds. */
const AFTERMATH = 500;

/** How often a node is looked at at most: what comes back more often has another cause. */
const MAX_LOOKS = 5;

/** Which images of a node go. */
interface Removal {
  readonly prefix: string;
  readonly keep: readonly string[];
  readonly gone: ReadonlySet<string>;
}

/**
 * Removes the images of a repository that nodes have by their digests, except those that are to be
 * kept. Images that have a tag stay. What no image needs any more, containerd removes itself.
 *
 * A node is looked at again a moment later: an event that was under way has its containerd name an
 * image by its ID after it was removed.
 *
 * @returns The names of those that were removed, each once.
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {DockerError} When a node does not answer.
 */
export async function removeImages(
  cluster: string,
  { repository, keep, gone = [] }: {
    /** Whose images. */
    readonly repository: RepositoryName;
    /** The digests of those that stay. */
    readonly keep: readonly Digest[];
    /** The digests of those that were removed before: their IDs may have come back since. */
    readonly gone?: Iterable<Digest>;
  },
  options: ClusterCallOptions = {},
): Promise<readonly string[]> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  const { nodes } = await findCluster(cli, cluster, options);
  const running = nodes.filter(({ role, state }) => role !== "loadbalancer" && state === "running");
  const prefix = `${containerdName(repository)}@`;
  const removed = await settle(
    running.map(({ name }) =>
      removeFrom(cli, name, { prefix, keep, gone: new Set(gone) }, options)
    ),
  );
  return [...new Set(removed.flat())];
}

async function removeFrom(
  cli: DockerCli,
  node: string,
  { prefix, keep, gone }: Removal,
  options: CallOptions,
): Promise<readonly string[]> {
  const act = `remove images from "${node}"`;
  const removed = new Map<string, string>();
  for (let look = 1; look <= MAX_LOOKS; look++) {
    const listed = await cli.run(["exec", node, ...CTR, "ls"], { ...options, act });
    const known = new Set([...gone, ...removed.values()]);
    const { old, ids } = findOld(listed, { prefix, keep, gone: known });
    const names = [...old, ...ids].map(({ name }) => name);
    if (names.length === 0) break;
    await cli.run(["exec", node, ...CTR, "rm", ...names], { ...options, act });
    for (const { name, digest } of old) removed.set(name, digest);
    await pause(options.signal, AFTERMATH);
  }
  return [...removed.keys()];
}

/** Finds the names that go, and the IDs that the kubelet's containerd gave to the same images. */
function findOld(listed: string, { prefix, keep, gone }: Removal) {
  const images = listed.trim().split("\n").slice(1).map((line) => {
    const [name = "", , digest = ""] = line.split(/\s+/);
    return { name, digest };
  });
  const old = images.filter(({ name }) =>
    name.startsWith(prefix) && !keep.includes(name.slice(prefix.length))
  );
  const isNamed = (digest: string) =>
    images.some((image) =>
      image.digest === digest && !old.includes(image) && !image.name.startsWith("sha256:")
    );
  const ids = images.filter(({ name, digest }) =>
    name.startsWith("sha256:") && !isNamed(digest) &&
    (gone.has(digest) || old.some((image) => image.digest === digest))
  );
  return { old, ids };
}
