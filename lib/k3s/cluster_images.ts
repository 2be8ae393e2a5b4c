import { DockerCli } from "../docker/cli.ts";
import { ClusterError, ImportError, type NodeOutcome, UnsupportedError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Platform } from "../oci/platform.ts";
import { containerdName, parseReference } from "../oci/reference.ts";
import type { Content } from "../store/content.ts";
import { Permits } from "../store/permits.ts";
import type { Accepts, Destination, WriteOptions } from "../store/store.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";
import { fanOut } from "./fan_out.ts";
import { findCluster } from "./list_clusters.ts";
import { type ConfirmOptions, NodeImages } from "./node_images.ts";
import { settle } from "./settle.ts";

/** The states of nodes that somebody stopped; a node in any other must take what comes, or fails. */
const STOPPED: ReadonlySet<string> = new Set(["created", "exited"]);

/**
 * The images of a cluster: what is written goes to all of its nodes at once, to each what it lacks,
 * at its own pace. One node's failure does not stop the others.
 */
export class ClusterImages implements Destination {
  /** How messages name the cluster. */
  readonly label: string;
  /** One platform's image at a time, plain for choice: to compress for the way is waste. */
  readonly accepts: Accepts = {
    index: false,
    compressions: ["none", "gzip", "zstd"],
    prefers: "none",
    nondistributable: true,
  };
  readonly #nodes: readonly NodeImages[];
  readonly #failures = new Map<NodeImages, unknown>();
  readonly #names = new Map<string, Digest>();
  /** One content at a time: two that crossed in the nodes' pipes would wait for each other. */
  readonly #turn = new Permits(1);

  /** Use {@linkcode openClusterImages}. */
  constructor(cluster: string, nodes: readonly NodeImages[]) {
    this.label = `k3s:${cluster}`;
    this.#nodes = nodes;
  }

  /** The platform of the nodes. */
  get platform(): Platform | undefined {
    return this.#nodes[0]?.platform;
  }

  /** What became of each node. */
  get results(): readonly NodeOutcome[] {
    return this.#nodes.map((images) => (
      { node: images.node, sent: images.sent, failure: this.#failures.get(images) }
    ));
  }

  /** Has `commit()` look for an image too that all nodes have already. */
  expect(names: readonly string[], digest: Digest): void {
    for (const name of names) this.#names.set(containerdName(parseReference(name)), digest);
  }

  /** Says whether all nodes have the content. */
  has({ digest }: Descriptor): Promise<boolean> {
    return Promise.resolve(this.#live.every((node) => node.has(digest)));
  }

  /**
   * Sends content to the nodes that lack it; a root to all of them.
   *
   * @param options Its names must be those of images in full.
   * @throws {SyntaxError} For a name that is none.
   * @throws {ImportError} When no node is left.
   */
  async write(content: Content, options: WriteOptions = {}): Promise<Descriptor> {
    return await this.#turn.run(() => this.#write(content, options), options.signal);
  }

  async #write(content: Content, options: WriteOptions): Promise<Descriptor> {
    if (options.names?.length === 0) {
      throw new UnsupportedError(
        `Cannot bring an image to ${this.label} without a name: expected one in full, such as ` +
          "registry.example/app:v1",
      );
    }
    const digest = content.descriptor?.digest;
    const isRoot = options.names !== undefined;
    const targets = this.#live.filter((node) =>
      isRoot || digest === undefined || !node.has(digest)
    );
    const stream = await content.open();
    let broken: { readonly error: unknown } | undefined;
    const branches = fanOut(stream, targets.length, (error) => broken = { error });
    await Promise.all(targets.map(async (node, index) => {
      const branch = branches[index] ?? stream;
      try {
        const part = { ...partOf(content), open: () => Promise.resolve(branch) };
        await node.write(part, options);
      } catch (error) {
        if (!branch.locked) await branch.cancel(error);
        if (broken === undefined) this.#fail(node, error, options);
      }
    }));
    if (broken !== undefined) throw broken.error;
    this.#requireLive();
    const written = await content.sealed();
    this.expect(options.names ?? [], written.digest);
    return written;
  }

  /**
   * Waits until all nodes have what was written, by its digest.
   *
   * @throws {ImportError} When one of them does not; the others do.
   */
  async commit(options: ConfirmOptions = {}): Promise<void> {
    await Promise.all(this.#live.map(async (node) => {
      try {
        await node.commit(this.#names, options);
      } catch (error) {
        this.#fail(node, error, options);
      }
    }));
    if (this.#failures.size > 0) throw new ImportError(this.label, this.results);
  }

  /** Ends imports that were not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await settle(this.#nodes.map((node) => node.abandon()));
  }

  get #live(): readonly NodeImages[] {
    return this.#nodes.filter((node) => !this.#failures.has(node));
  }

  /** Notes that a node failed; the source's own failure and an interruption are everybody's. */
  #fail(node: NodeImages, error: unknown, { signal }: CallOptions): void {
    signal?.throwIfAborted();
    this.#failures.set(node, error);
  }

  #requireLive(): void {
    if (this.#live.length === 0) throw new ImportError(this.label, this.results);
  }
}

/**
 * Opens the images of a cluster that runs.
 *
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {ClusterError} When none of its nodes runs.
 * @throws {DockerError} When a node does not answer.
 */
export async function openClusterImages(
  cluster: string,
  options: ClusterCallOptions = {},
): Promise<ClusterImages> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  const names = await runningNodes(cli, cluster, options);
  const opened = await settle(names.map((name) => NodeImages.open(cli, name, [], options)));
  return new ClusterImages(cluster, opened);
}

/**
 * The names of a cluster's nodes that run, or should.
 *
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {ClusterError} When none of its nodes runs.
 */
export async function runningNodes(
  cli: DockerCli,
  cluster: string,
  options: CallOptions = {},
): Promise<readonly string[]> {
  const { nodes } = await findCluster(cli, cluster, options);
  const running = nodes.filter(({ role, state }) => role !== "loadbalancer" && !STOPPED.has(state));
  if (running.length > 0) return running.map(({ name }) => name);
  throw new ClusterError(
    `Cannot import images into cluster "${cluster}": expected nodes that run, got none; start it ` +
      `by "davit cluster start ${cluster}"`,
  );
}

function partOf(content: Content): Omit<Content, "open"> {
  return {
    mediaType: content.mediaType,
    descriptor: content.descriptor,
    sealed: () => content.sealed(),
  };
}
