import { buildCommand, type Command } from "@stricli/core";
import { chosenClusters } from "../console/chosen_clusters.ts";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
import { ALL_FLAG, CLUSTER_NAMES } from "../console/cluster_parameters.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";

interface Flags extends ClusterOutputFlags {
  readonly all?: boolean;
  readonly output?: string;
  readonly kubeconfigMergeDefault?: boolean;
  readonly kubeconfigSwitchContext?: boolean;
  readonly update?: boolean;
  readonly overwrite?: boolean;
}

/** `davit kubeconfig merge [NAME]...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Write the kubeconfig of clusters into a file",
    fullDescription:
      `Merge the kubeconfig of clusters into a file, and print its path: a file of each cluster's own
below ~/.config/davit, the one of -o, or with -d the user's. It is changed as kubectl does it: under
its lock, with comments and mode kept.

  davit kubeconfig merge dev -d
  export KUBECONFIG=$(davit kubeconfig merge dev)`,
  },
  parameters: {
    flags: {
      output: {
        kind: "parsed",
        brief: "File to write; - prints instead",
        placeholder: "FILE",
        parse: String,
        optional: true,
      },
      kubeconfigMergeDefault: {
        kind: "boolean",
        brief: "Write the user's kubeconfig: $KUBECONFIG, or ~/.kube/config",
        optional: true,
        withNegated: false,
      },
      kubeconfigSwitchContext: {
        kind: "boolean",
        brief: "Make the cluster the current one (yes unless said)",
        optional: true,
        withNegated: false,
      },
      update: {
        kind: "boolean",
        brief: "Replace entries of the same names (yes unless said)",
        optional: true,
        withNegated: false,
      },
      overwrite: {
        kind: "boolean",
        brief: "Write the file anew, without what it holds",
        optional: true,
        withNegated: false,
      },
      all: ALL_FLAG,
      ...OUTPUT_FLAGS,
    },
    aliases: {
      a: "all",
      d: "kubeconfigMergeDefault",
      o: "output",
      s: "kubeconfigSwitchContext",
      u: "update",
    },
    positional: CLUSTER_NAMES,
  },
  async func(this: Context, flags: Flags, ...names: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { kubeconfigMergeDefault: isDefault, kubeconfigSwitchContext = true, update = true } =
      flags;
    if (isDefault && flags.output !== undefined) {
      throw new UsageError("Cannot write both --output and the user's kubeconfig: choose one");
    }
    const { readKubeconfig } = await import("../../lib/k3s/read_kubeconfig.ts");
    const { mergeKubeconfig } = await import("../../lib/k3s/kubeconfig_files.ts");
    const paths = new Set<string>();
    for (const name of await chosenClusters(session, names, flags.all)) {
      const text = await readKubeconfig(name, session.options);
      if (flags.output === "-") {
        session.output.result(`---\n${text.trimEnd()}`, { name, kubeconfig: text });
        continue;
      }
      const targets = isDefault
        ? session.kubeconfigs
        : [flags.output ?? session.kubeconfigOf(name)];
      const isNew = flags.overwrite === true && !paths.has(targets[0] ?? "");
      if (isNew) await Promise.all(targets.map((path) => Deno.remove(path).catch(() => {})));
      const options = { overwrite: update, switchContext: kubeconfigSwitchContext };
      paths.add(await mergeKubeconfig(targets, text, options));
    }
    if (paths.size > 0) session.output.result([...paths].join(":"), { paths: [...paths] });
  },
});
