import { buildCommand, type Command } from "@stricli/core";
import { chosenClusters } from "../console/chosen_clusters.ts";
import { ALL_FLAG, CLUSTER_NAMES } from "../console/cluster_parameters.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";

interface Flags {
  readonly all?: boolean;
}

/** `davit kubeconfig get [NAME]...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Print the kubeconfig of clusters",
    fullDescription:
      `Print the kubeconfig of clusters as YAML documents, with the address at which they are reached
from here. A cluster need not run.

  davit kubeconfig get dev > dev.yaml`,
  },
  parameters: {
    flags: { all: ALL_FLAG },
    aliases: { a: "all" },
    positional: CLUSTER_NAMES,
  },
  async func(this: Context, flags: Flags, ...names: string[]): Promise<void> {
    using session = new ClusterSession(this, {});
    const { readKubeconfig } = await import("../../lib/k3s/read_kubeconfig.ts");
    for (const name of await chosenClusters(session, names, flags.all)) {
      const text = await readKubeconfig(name, session.options);
      session.output.result(`---\n${text.trimEnd()}`, undefined);
    }
  },
});
