import type { DockerCli } from "../docker/cli.ts";
import { ClusterError, ImportError } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import { present } from "../oci/present.ts";
import { copy } from "../store/copy.ts";
import type { OnCopyEvent } from "../store/events.ts";
import { ClusterImages } from "./cluster_images.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";
import type { ImageServer } from "./image_server.ts";
import type { NodeImages } from "./node_images.ts";
import type { NodeLoad } from "./node_load.ts";
import { serveImages } from "./serve_images.ts";
import { settle } from "./settle.ts";

/** How an import brings images to nodes. */
export interface ImportWayOptions extends ClusterCallOptions {
  /** Keeps the images from the kubelet's garbage collection; `true` unless said. */
  readonly pin?: boolean;
  /**
   * How images come to the nodes: as a stream into each, or because each pulls them from a registry
   * that davit is meanwhile; with `auto`, which it is unless said, nodes pull what is large where they
   * reach this machine, and are sent all else.
   */
  readonly via?: "auto" | "stream" | "registry";
  /** Hears what nodes are sent, or fetch. */
  readonly onEvent?: OnCopyEvent;
}

/** Nodes that are to get the same. */
export interface Group {
  /** The nodes. */
  readonly nodes: readonly NodeImages[];
  /** What they are to get. */
  readonly loads: readonly NodeLoad[];
}

type Failures = ReadonlyMap<NodeImages, unknown>;

/** Why an image cannot be read. */
interface Broken {
  readonly error: unknown;
}

/** From how many bytes on, for all nodes together, it pays that they pull. */
const WORTH_PULLING = 32_000_000;

/**
 * How long a node may take to find this machine, in seconds: next to nothing, unless something is in
 * between. Where it could be sent what it is to pull, that is found out soon.
 */
const PATIENCE = { auto: 3, registry: 20 };

/** How nodes of a cluster get what they lack. */
export class ImportWay implements AsyncDisposable {
  readonly #cli: DockerCli;
  readonly #cluster: string;
  readonly #options: ImportWayOptions;
  readonly #scope = new AsyncDisposableStack();
  #server: Promise<ImageServer> | undefined;
  #isClosed = false;

  /** Asks for nothing yet. */
  constructor(cli: DockerCli, cluster: string, options: ImportWayOptions) {
    this.#cli = cli;
    this.#cluster = cluster;
    this.#options = options;
  }

  /**
   * Brings nodes what they lack.
   *
   * @returns The nodes that failed, and why.
   * @throws {ClusterError} When they are to pull, and their network is not on this machine.
   */
  async bring(group: Group): Promise<Failures> {
    const { via = "auto" } = this.#options;
    if (via === "registry") {
      const { failed, broken } = await this.#offer(await this.#serve(), group, PATIENCE.registry);
      if (broken !== undefined) throw broken.error;
      return failed;
    }
    if (via === "stream" || this.#isClosed || await bytesLacking(group) < WORTH_PULLING) {
      return await this.#send(group);
    }
    const server = await this.#serve().catch((error) => {
      if (!(error instanceof ClusterError)) throw error;
      return undefined;
    });
    if (server === undefined) return await this.#send(group);
    const { failed } = await this.#offer(server, group, PATIENCE.auto);
    const nodes = [...failed.keys()];
    if (nodes.length === 0) return new Map();
    this.#isClosed = true;
    await settle(nodes.map((node) => node.abandon()));
    return await this.#send({ ...group, nodes });
  }

  /** Hangs up. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
  }

  #serve(): Promise<ImageServer> {
    const serving = () => serveImages(this.#cli, this.#cluster, this.#options);
    return this.#server ??= serving().then((server) => this.#scope.use(server));
  }

  async #send({ nodes, loads }: Group): Promise<Failures> {
    const { signal, onEvent, pin } = this.#options;
    const group = new ClusterImages(this.#cluster, nodes);
    const options = present({ signal });
    const names = loads.flatMap(({ names }) => names);
    for (const node of nodes) node.announce(names, present({ pin }));
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

  /** Has nodes pull what they lack; tells too why that cannot be read, which is no node's fault. */
  async #offer(
    server: ImageServer,
    { nodes, loads }: Group,
    patience: number,
  ): Promise<{ readonly failed: Failures; readonly broken: Broken | undefined }> {
    const { signal, pin } = this.#options;
    const failed = new Map<NodeImages, unknown>();
    let broken: Broken | undefined;
    const onBroken = (error: unknown) => void (broken ??= { error });
    const options = { ...present({ signal }), patience, onBroken };
    const digests = new Map<string, Digest>(
      loads.flatMap(({ names, digest }) => names.map((name) => [name, digest] as const)),
    );
    await settle(nodes.map(async (node) => {
      try {
        for (const { image, names } of loads) {
          if (image === undefined) continue;
          await node.pull(server, image, { names, ...options });
        }
        await node.commit(digests, present({ signal, pin }));
      } catch (error) {
        signal?.throwIfAborted();
        failed.set(node, error);
      }
    }));
    return { failed, broken };
  }
}

/** How many bytes of layers the nodes lack, all together. */
async function bytesLacking({ nodes, loads }: Group): Promise<number> {
  const layers = await Promise.all(loads.map(({ image }) => image?.layers() ?? []));
  const sizes = new Map(
    layers.flat().flatMap(({ descriptor }) =>
      descriptor === undefined ? [] : [[descriptor.digest, descriptor.size] as const]
    ),
  );
  let lacking = 0;
  for (const node of nodes) {
    for (const [digest, size] of sizes) if (node.lacks(digest)) lacking += size;
  }
  return lacking;
}
