import type { CallOptions } from "../layer/content_source.ts";
import type { DockerCli } from "../docker/cli.ts";
import { ClusterError } from "../errors.ts";
import { deleteWith } from "./delete_cluster.ts";
import { nodeName } from "./names.ts";

/** What is known of a cluster. */
export interface ClusterFacts {
  /** Its name. */
  readonly name: string;
  /** Where its API is reached. */
  readonly apiUrl: string;
  /** Its kubeconfig; `undefined` when nobody waited for it. */
  readonly kubeconfig: string | undefined;
}

/** A cluster that runs. Disposing of it deletes it, with all that it holds. */
export class Cluster implements AsyncDisposable {
  /** Its name. */
  readonly name: string;
  /** Where its API is reached: `https://127.0.0.1:6550`. */
  readonly apiUrl: string;
  readonly #cli: DockerCli;
  readonly #kubeconfig: string | undefined;

  /** Use `createCluster()`. */
  constructor(cli: DockerCli, { name, apiUrl, kubeconfig }: ClusterFacts) {
    this.#cli = cli;
    this.name = name;
    this.apiUrl = apiUrl;
    this.#kubeconfig = kubeconfig;
  }

  /**
   * The kubeconfig, as YAML, by which an administrator reaches it.
   *
   * @throws {ClusterError} When the cluster was made without waiting for it.
   */
  get kubeconfig(): string {
    if (this.#kubeconfig !== undefined) return this.#kubeconfig;
    throw new ClusterError(
      `Cannot tell the kubeconfig of cluster "${this.name}": it was made without waiting for it`,
    );
  }

  /**
   * Runs `kubectl` in the first server, where it speaks to this cluster.
   *
   * @param args Its words.
   * @returns What it printed.
   * @throws {DockerError} When it fails.
   */
  async kubectl(...args: readonly string[]): Promise<string> {
    const server = nodeName(this.name, "server", 0);
    const act = `run kubectl ${args[0] ?? ""} in cluster "${this.name}"`;
    return await this.#cli.run(["exec", "-i", server, "kubectl", ...args], { act });
  }

  /** Deletes the cluster, with all that it holds. */
  async delete(options: CallOptions = {}): Promise<void> {
    await deleteWith(this.#cli, this.name, options);
  }

  /** Deletes the cluster. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.delete();
  }
}
