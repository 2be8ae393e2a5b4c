import { buildCommand, type Command } from "@stricli/core";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { parseDuration } from "../../lib/k3s/duration.ts";
import { parseClusterName } from "../../lib/k3s/names.ts";
import { present } from "../../lib/oci/present.ts";

interface Flags extends ClusterOutputFlags {
  readonly image: string;
  readonly timeout?: number;
  readonly dryRun?: boolean;
}

/** `davit cluster upgrade NAME` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Give the nodes of a cluster another image, one at a time",
    fullDescription:
      `Give the nodes of a cluster another image, one at a time: the servers, then the agents. Each keeps
its name, address, ports and volumes, and is Ready before the next one stops. A node that fails goes
back to the image it had. Kubernetes goes up one minor version at a time, and never down.

  davit cluster upgrade dev --image rancher/k3s:v1.32.1-k3s1`,
  },
  parameters: {
    flags: {
      image: {
        kind: "parsed",
        brief: "The image of servers and agents",
        placeholder: "IMAGE",
        parse: String,
      },
      timeout: {
        kind: "parsed",
        brief: "How long to wait for each node, such as 90s (5m unless said)",
        placeholder: "TIME",
        parse: parseDuration,
        optional: true,
      },
      dryRun: {
        kind: "boolean",
        brief: "Print the docker commands, and change nothing",
        optional: true,
        withNegated: false,
      },
      ...OUTPUT_FLAGS,
    },
    aliases: { i: "image" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Name of the cluster", placeholder: "NAME", parse: parseClusterName }],
    },
  },
  async func(this: Context, flags: Flags, name: string): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { output, options } = session;
    const { image, timeout } = flags;
    const { planUpgrade, upgradeCluster } = await import("../../lib/k3s/upgrade_cluster.ts");
    if (flags.dryRun) {
      const { formatPlan, outlinePlan } = await import("../../lib/k3s/format_plan.ts");
      const plans = await planUpgrade(name, image, options);
      return output.result(plans.map(formatPlan).join("\n"), plans.map(outlinePlan));
    }
    const upgraded = await session.run(() =>
      upgradeCluster(name, image, {
        ...options,
        ...present({ timeoutMs: timeout || undefined }),
        onNode: (node) => output.result(node, { name: node, image }),
      })
    );
    if (upgraded.length === 0) output.note(`All nodes of cluster "${name}" are of that image`);
  },
});
