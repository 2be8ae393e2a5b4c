import { DockerCli } from "../docker/cli.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Digest } from "../oci/digest.ts";
import { containerdName } from "../oci/reference.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";
import { findCluster } from "./list_clusters.ts";
import { settle } from "./settle.ts";

const CTR = ["ctr", "--namespace", "k8s.io", "images"] as const;

/**
 * Removes the images of a repository that nodes have by their digests, except those that are to be
 * kept. Images that have a tag stay. What no image needs any more, containerd removes itself.
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
  { prefix, keep, gone }: {
    readonly prefix: string;
    readonly keep: readonly string[];
    readonly gone: ReadonlySet<string>;
  },
  options: CallOptions,
): Promise<readonly string[]> {
  const act = `remove images from "${node}"`;
  const listed = await cli.run(["exec", node, ...CTR, "ls"], { ...options, act });
  const images = listed.trim().split("\n").slice(1).map((line) => {
    const [name = "", , digest = ""] = line.split(/\s+/);
    return { name, digest };
  });
  const old = images.filter(({ name }) =>
    name.startsWith(prefix) && !keep.includes(name.slice(prefix.length) as Digest)
  );
  // the kubelet's containerd gives each image a name of its own: the digest of its config
  const isNamed = (digest: string) =>
    images.some((image) =>
      image.digest === digest && !old.includes(image) && !image.name.startsWith("sha256:")
    );
  const ids = images.filter(({ name, digest }) =>
    name.startsWith("sha256:") && !isNamed(digest) &&
    (gone.has(digest) || old.some((image) => image.digest === digest))
  );
  const names = [...old, ...ids].map(({ name }) => name);
  if (names.length > 0) await cli.run(["exec", node, ...CTR, "rm", ...names], { ...options, act });
  return old.map(({ name }) => name);
}
