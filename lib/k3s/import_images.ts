import { DockerCli } from "../docker/cli.ts";
import { ClusterError, ImportError, type NodeOutcome } from "../errors.ts";
import { containerdName, parseReference } from "../oci/reference.ts";
import type { Digest } from "../oci/digest.ts";
import { present } from "../oci/present.ts";
import { runningNodes } from "./cluster_images.ts";
import { type Group, ImportWay, type ImportWayOptions } from "./import_way.ts";
import { NodeImages } from "./node_images.ts";
import { type KnownImage, loadFor, type NamedView, type OpeningImage } from "./node_load.ts";
import { settle } from "./settle.ts";

/** How often a node is sent what it has lost meanwhile. */
const MAX_ATTEMPTS = 3;

/** Options of {@linkcode importImages}. */
export interface ImportImagesOptions extends ImportWayOptions {
  /** How many nodes are sent to at once; 8 unless said. */
  readonly jobs?: number;
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
  const way = scope.use(new ImportWay(cli, cluster, options));
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
    const failed = await deliver(way, { nodes: pending, images, options });
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
  way: ImportWay,
  { nodes, images, options }: {
    readonly nodes: readonly NodeImages[];
    readonly images: readonly (NamedView | KnownImage)[];
    readonly options: ImportImagesOptions;
  },
): Promise<ReadonlyMap<NodeImages, unknown>> {
  const { jobs = 8, signal } = options;
  const failed = new Map<NodeImages, unknown>();
  const isHeld = (diffId: Digest) => nodes.every((node) => node.layerOf(diffId) !== undefined);
  const given = images.map((image) => openOnce(image, isHeld));
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
    const failures = await settle(wave.map((group) => way.bring(group)));
    for (const [node, error] of failures.flatMap((failures) => [...failures])) {
      failed.set(node, error);
    }
  }
  return failed;
}

/** An image is opened once for all nodes. */
function openOnce(
  image: NamedView | KnownImage,
  isHeld: (diffId: Digest) => boolean,
): NamedView | OpeningImage {
  if ("view" in image) return image;
  let opening: ReturnType<KnownImage["open"]> | undefined;
  return { ...image, open: () => opening ??= image.open(isHeld) };
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
