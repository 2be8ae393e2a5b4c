import { DockerCli } from "../docker/cli.ts";
import { ClusterError, ImportError, type NodeOutcome } from "../errors.ts";
import { containerdName, parseReference } from "../oci/reference.ts";
import { present } from "../oci/present.ts";
import { copy } from "../store/copy.ts";
import type { OnCopyEvent } from "../store/events.ts";
import { ClusterImages, runningNodes } from "./cluster_images.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";
import type { ImageServer } from "./image_server.ts";
import { serveImages } from "./serve_images.ts";
import { NodeImages } from "./node_images.ts";
import { type KnownImage, loadFor, type NamedView, type NodeLoad } from "./node_load.ts";
import { settle } from "./settle.ts";

/** How often a node is sent what it has lost meanwhile. */
const MAX_ATTEMPTS = 3;

/** Options of {@linkcode importImages}. */
export interface ImportImagesOptions extends ClusterCallOptions {
  /** How many nodes are sent to at once; 8 unless said. */
  readonly jobs?: number;
  /** Keeps the images from the kubelet's garbage collection; `true` unless said. */
  readonly pin?: boolean;
  /**
   * How images come to the nodes: as a stream into each, or because each pulls them from a registry
   * that davit is meanwhile. As a stream unless said.
   */
  readonly via?: "stream" | "registry";
  /** Hears what is copied. */
  readonly onEvent?: OnCopyEvent;
}

/** Nodes that are to get the same. */
interface Group {
  readonly nodes: readonly NodeImages[];
  readonly loads: readonly NodeLoad[];
}

/**
 * Brings images to every node of a cluster. Of each, only the blobs that a node lacks are sent to it;
 * afterwards every node is asked for every name, by digest, and whether all of the image is there.
 * What a node loses meanwhile it is sent again.
 *
 * A layer that has not been compressed yet takes the form in which a node has it, so that one image
 * may have several manifests in a cluster; its config is the same everywhere.
 *
 * @returns What was sent to each node.
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {PlatformError} When an image is not for the nodes' platform.
 * @throws {ImportError} When a node fails; the others have the images all the same.
 */
export async function importImages(
  cluster: string,
  images: readonly (NamedView | KnownImage)[],
  options: ImportImagesOptions = {},
): Promise<readonly NodeOutcome[]> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  const names = images.flatMap((image) => image.names)
    .map((name) => containerdName(parseReference(name)));
  const running = await runningNodes(cli, cluster, options);
  const failures = new Map<string, unknown>();
  await using scope = new AsyncDisposableStack();
  const server = options.via === "registry"
    ? scope.use(await serveImages(cli, cluster, options))
    : undefined;
  let pending: NodeImages[] = [];
  await settle(running.map(async (node) => {
    try {
      pending.push(scope.use(await NodeImages.open(cli, node, names, options)));
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.set(node, error);
    }
  }));
  const nodes = new Map(pending.map((node) => [node.node, node]));
  for (let attempt = 1; pending.length > 0; attempt++) {
    const failed = await deliver(cluster, { nodes: pending, images, server, options });
    pending = [];
    for (const [node, error] of failed) {
      const isLost = attempt < MAX_ATTEMPTS && await hasLostContent(node, names, options);
      if (isLost) pending.push(node);
      else failures.set(node.node, error);
    }
  }
  const results = running.map((node) => (
    { node, sent: nodes.get(node)?.sent ?? 0, failure: failures.get(node) }
  ));
  if (failures.size > 0) throw new ImportError(`k3s:${cluster}`, results);
  return results;
}

/** Sends all nodes what they lack; returns those that failed, and why. */
async function deliver(
  cluster: string,
  { nodes, images, server, options }: {
    readonly server: ImageServer | undefined;
    readonly nodes: readonly NodeImages[];
    readonly images: readonly (NamedView | KnownImage)[];
    readonly options: ImportImagesOptions;
  },
): Promise<ReadonlyMap<NodeImages, unknown>> {
  const { jobs = 8, signal } = options;
  const failed = new Map<NodeImages, unknown>();
  const given = images.map(openOnce);
  const loads = await settle(nodes.map(async (node) => {
    try {
      const loads = await settle(given.map((image) => loadFor(node, image, present({ signal }))));
      return [{ nodes: [node], loads }];
    } catch (error) {
      if (!(error instanceof ClusterError && error.node === node.node)) throw error;
      failed.set(node, error);
      return [];
    }
  }));
  for (const wave of wavesOf(groupsOf(loads.flat()), jobs)) {
    const failures = await settle(
      wave.map((group) =>
        server === undefined ? send(cluster, group, options) : offer(server, group, options)
      ),
    );
    for (const [node, error] of failures.flatMap((failures) => [...failures])) {
      failed.set(node, error);
    }
  }
  return failed;
}

async function send(
  cluster: string,
  { nodes, loads }: Group,
  { signal, onEvent, pin }: ImportImagesOptions,
): Promise<ReadonlyMap<NodeImages, unknown>> {
  const group = new ClusterImages(cluster, nodes);
  const options = present({ signal });
  try {
    for (const { image, names, digest } of loads) {
      if (image === undefined) group.expect(names, digest);
      else await copy(image, group, { names, ...options, ...present({ onEvent }) });
    }
    await group.commit({ ...options, ...present({ pin }) });
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
  }
  return new Map(group.results.flatMap(({ failure }, index) => {
    const node = nodes[index];
    return failure === undefined || node === undefined ? [] : [[node, failure] as const];
  }));
}

/** Has nodes pull what they lack. */
async function offer(
  server: ImageServer,
  { nodes, loads }: Group,
  { signal, pin }: ImportImagesOptions,
): Promise<ReadonlyMap<NodeImages, unknown>> {
  const failed = new Map<NodeImages, unknown>();
  const options = present({ signal });
  const digests = new Map(
    loads.flatMap(({ names, digest }) => names.map((name) => [name, digest] as const)),
  );
  await settle(nodes.map(async (node) => {
    try {
      for (const { image, names } of loads) {
        if (image !== undefined) await node.pull(server, image, { names, ...options });
      }
      await node.commit(digests, { ...options, ...present({ pin }) });
    } catch (error) {
      signal?.throwIfAborted();
      failed.set(node, error);
    }
  }));
  return failed;
}

/** An image is opened once for all nodes. */
function openOnce(image: NamedView | KnownImage): NamedView | KnownImage {
  if ("view" in image) return image;
  let opening: ReturnType<KnownImage["open"]> | undefined;
  return { ...image, open: () => opening ??= image.open() };
}

/** Nodes that lack nothing or the same go together: what is read for one is read for all. */
function groupsOf(loads: readonly Group[]): readonly Group[] {
  const keyOf = ({ loads }: Group) =>
    JSON.stringify(loads.map(({ image, names, digest }) => [image !== undefined, names, digest]));
  return [...Map.groupBy(loads, keyOf).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    return [{ loads: first.loads, nodes: same.flatMap(({ nodes }) => nodes) }];
  });
}

/** Groups that go at once, of no more than `jobs` nodes. */
function wavesOf(groups: readonly Group[], jobs: number): readonly (readonly Group[])[] {
  const waves: Group[][] = [];
  let free = 0;
  for (const { nodes, loads } of groups) {
    for (let start = 0; start < nodes.length;) {
      if (free === 0) {
        waves.push([]);
        free = jobs;
      }
      const part = nodes.slice(start, start + free);
      waves.at(-1)?.push({ nodes: part, loads });
      start += part.length;
      free -= part.length;
    }
  }
  return waves;
}

/** Whether a node failed because it lost what it was not sent; one that does not answer did not. */
async function hasLostContent(
  node: NodeImages,
  names: readonly string[],
  options: ImportImagesOptions,
): Promise<boolean> {
  await node.abandon();
  try {
    return await node.hasLostContent(names, options);
  } catch {
    options.signal?.throwIfAborted();
    return false;
  }
}
