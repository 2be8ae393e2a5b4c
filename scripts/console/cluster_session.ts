import type { ClusterCallOptions } from "../../lib/k3s/delete_cluster.ts";
import { ClusterError } from "../../lib/errors.ts";
import type { Context } from "./context.ts";
import { Output, type OutputFlags } from "./output.ts";

/** What a command about clusters gets from its surroundings. */
export class ClusterSession implements Disposable {
  /** How the command speaks. */
  readonly output: Output;
  readonly #context: Context;

  /** @param context Everything that is not an argument. @param flags How the command speaks. */
  constructor(context: Context, flags: OutputFlags) {
    this.#context = context;
    this.output = new Output(context, flags);
  }

  /** How the engine is asked: `DAVIT_DOCKER` names another command than `docker`. */
  get options(): ClusterCallOptions {
    const executable = this.#context.env("DAVIT_DOCKER");
    return {
      signal: this.#context.signal,
      ...(executable === undefined ? {} : { docker: { executable } }),
    };
  }

  /** The user's kubeconfigs, as kubectl finds them. */
  get kubeconfigs(): readonly string[] {
    const { env } = this.#context;
    const paths = (env("KUBECONFIG") ?? "").split(":").filter((path) => path !== "");
    return paths.length > 0 ? paths : [`${env("HOME") ?? "."}/.kube/config`];
  }

  /** The file that holds one cluster's kubeconfig alone. */
  kubeconfigOf(cluster: string): string {
    const { env } = this.#context;
    const directory = env("XDG_CONFIG_HOME") || `${env("HOME") ?? "."}/.config`;
    return `${directory}/davit/kubeconfig-${cluster}.yaml`;
  }

  /** Runs something; when it fails because of a node, that node's last words are told. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      if (error instanceof ClusterError && error.logs.length > 0) {
        this.output.note(`The last words of "${error.node}":`);
        for (const line of error.logs) this.output.note(`  ${line}`);
      }
      throw error;
    }
  }

  /** Takes the progress line away. */
  [Symbol.dispose](): void {
    this.output[Symbol.dispose]();
  }
}
