import { buildCommand, type Command } from "@stricli/core";
import {
  type ClusterOutputFlags,
  OUTPUT_FLAGS,
  WAIT_FLAGS,
  type WaitFlags,
} from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import { readClusterSpec } from "../console/cluster_spec.ts";
import {
  CLUSTER_SPEC_ALIASES,
  CLUSTER_SPEC_FLAGS,
  type ClusterSpecFlags,
} from "../console/cluster_spec_flags.ts";
import type { Context } from "../console/context.ts";
import { mergeNewKubeconfig } from "../console/merge_new_kubeconfig.ts";
import { RecreationError } from "../../lib/errors.ts";
import { DEFAULT_CLUSTER, parseClusterName } from "../../lib/k3s/names.ts";
import { present } from "../../lib/oci/present.ts";

interface Flags extends ClusterSpecFlags, WaitFlags, ClusterOutputFlags {
  readonly config?: string;
  readonly recreate?: boolean;
  readonly dryRun?: boolean;
}

/** `davit cluster apply [NAME]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Make a cluster what its config file says",
    fullDescription:
      `Make a cluster what its config file and the flags say, and do nothing when it is so already. A
cluster that is not there is created; of one that is there exactly what differs is changed: more or
fewer nodes, the ports of the load balancer, limits, labels of Kubernetes. What can be changed in a new
container alone is listed, and nothing is done (exit code 5), unless --recreate allows it: one node at
a time, with its volumes and its address.

  davit cluster apply -c cluster.yaml
  davit cluster apply -c cluster.yaml --dry-run
  davit cluster apply dev --agents 3 -p 8080:80`,
  },
  parameters: {
    flags: {
      config: {
        kind: "parsed",
        brief: "Config file of k3d; - for standard input",
        placeholder: "FILE",
        parse: String,
        optional: true,
      },
      recreate: {
        kind: "boolean",
        brief: "Make nodes anew where it takes that",
        optional: true,
        withNegated: false,
      },
      dryRun: {
        kind: "boolean",
        brief: "Print the docker commands, and change nothing",
        optional: true,
        withNegated: false,
      },
      ...CLUSTER_SPEC_FLAGS,
      ...WAIT_FLAGS,
      ...OUTPUT_FLAGS,
    },
    aliases: { c: "config", ...CLUSTER_SPEC_ALIASES },
    positional: {
      kind: "tuple",
      parameters: [{
        brief: `Name of the cluster (${DEFAULT_CLUSTER} unless said)`,
        placeholder: "NAME",
        parse: parseClusterName,
        optional: true,
      }],
    },
  },
  async func(this: Context, flags: Flags, name?: string): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { output } = session;
    const { applyCluster, planApply } = await import("../../lib/k3s/apply_cluster.ts");
    const { spec, directory } = await readClusterSpec(this, flags, name);
    const options = {
      ...session.options,
      ...present({ recreate: flags.recreate }),
      directory,
      onWarning: (text: string) => output.note(text),
    };
    try {
      if (flags.dryRun) {
        const { formatPlan, outlinePlan } = await import("../../lib/k3s/format_plan.ts");
        const { plans, changes } = await planApply(spec, options);
        for (const change of changes) output.note(change);
        return output.result(plans.map(formatPlan).join("\n"), {
          changes,
          plans: plans.map(outlinePlan),
        });
      }
      const { cluster, ...applied } = await session.run(() => applyCluster(spec, options));
      if (cluster !== undefined) await mergeNewKubeconfig(session, spec, cluster);
      for (const change of applied.changes) output.note(change);
      output.result(`${applied.name} ${applied.outcome}`, applied);
    } catch (error) {
      if (error instanceof RecreationError) {
        for (const change of error.changes) output.note(change);
      }
      throw error;
    }
  },
});
