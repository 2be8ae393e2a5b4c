import { buildCommand, type Command } from "@stricli/core";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { parseDuration } from "../../lib/k3s/duration.ts";
import { DEFAULT_CLUSTER, parseClusterName } from "../../lib/k3s/names.ts";
import { parseUlimit } from "../../lib/k3s/ulimit.ts";
import { present } from "../../lib/oci/present.ts";

interface Flags extends ClusterOutputFlags {
  readonly cluster?: string;
  readonly role?: "server" | "agent";
  readonly replicas?: number;
  readonly image?: string;
  readonly memory?: string;
  readonly runtimeLabel?: readonly string[];
  readonly runtimeUlimit?: readonly string[];
  readonly k3sNodeLabel?: readonly string[];
  readonly k3sArg?: readonly string[];
  readonly network?: readonly string[];
  readonly token?: string;
  readonly wait?: string;
  readonly timeout?: number;
  readonly dryRun?: boolean;
}

/** `davit node create [NAME]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Add agents or servers to a cluster",
    fullDescription:
      `Add nodes to a cluster that runs, and wait until they are Ready. They are like those of their
role that are there, or like the first server, and get the next free numbers and addresses. The load
balancer leads to them, too. Servers share their state by etcd: the cluster was made with several, or
with --k3s-arg "--cluster-init@server:0".

  davit node create -c dev
  davit node create gpu -c dev --replicas 3 --k3s-node-label zone=b
  davit node create -c dev --role server`,
  },
  parameters: {
    flags: {
      cluster: {
        kind: "parsed",
        brief: `Cluster to add them to (${DEFAULT_CLUSTER} unless said)`,
        placeholder: "NAME",
        parse: parseCluster,
        optional: true,
      },
      role: {
        kind: "enum",
        brief: "What they are (agent unless said)",
        values: ["server", "agent"],
        optional: true,
      },
      replicas: {
        kind: "parsed",
        brief: "How many (1 unless said)",
        placeholder: "N",
        parse: parseReplicas,
        optional: true,
      },
      image: text("Image; that of the others unless said", "IMAGE"),
      memory: text("Most memory, in docker's words: 2g", "SIZE"),
      runtimeLabel: texts("Label of the containers", "KEY=VALUE"),
      runtimeUlimit: texts("Limit of processes: nofile=4096:8192", "NAME=SOFT[:HARD]"),
      k3sNodeLabel: texts("Label of the Kubernetes nodes", "KEY=VALUE"),
      k3sArg: texts("Argument of k3s, instead of those of the others", "ARG"),
      network: texts("Network that they are in besides", "NAME"),
      token: { ...text("Of k3d, for clusters elsewhere", "TOKEN"), hidden: true },
      wait: text("Whether to wait until they are Ready: true or false (true unless said)", "BOOL"),
      timeout: {
        kind: "parsed",
        brief: "How long to wait, such as 90s (5m unless said)",
        placeholder: "TIME",
        parse: parseDuration,
        optional: true,
      },
      dryRun: {
        kind: "boolean",
        brief: "Print the docker commands, and add nothing",
        optional: true,
        withNegated: false,
      },
      ...OUTPUT_FLAGS,
    },
    aliases: { c: "cluster", i: "image", n: "network" },
    positional: {
      kind: "tuple",
      parameters: [{
        brief: "What their names begin with, behind davit- (cluster and role unless said)",
        placeholder: "NAME",
        parse: parseClusterName,
        optional: true,
      }],
    },
  },
  async func(this: Context, flags: Flags, name?: string): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { createNodes, planNodes } = await import("../../lib/k3s/create_node.ts");
    const { cluster = DEFAULT_CLUSTER, role, replicas, image, memory } = flags;
    const wanted = present({
      ...{ name, role, replicas, image, memory },
      runtimeLabels: flags.runtimeLabel,
      nodeLabels: flags.k3sNodeLabel,
      args: flags.k3sArg,
      ulimits: flags.runtimeUlimit?.map(parseUlimit),
      networks: flags.network,
    });
    const waiting = {
      wait: flags.wait !== "false",
      ...present({ timeoutMs: flags.timeout || undefined }),
    };
    const options = { ...session.options, ...waiting };
    if (flags.dryRun) {
      const { formatPlan, outlinePlan } = await import("../../lib/k3s/format_plan.ts");
      const plan = await planNodes(cluster, wanted, options);
      return session.output.result(formatPlan(plan), outlinePlan(plan));
    }
    const names = await session.run(() => createNodes(cluster, wanted, options));
    for (const node of names) session.output.result(node, { name: node, cluster });
  },
});

function text(brief: string, placeholder: string) {
  return { kind: "parsed", brief, placeholder, parse: String, optional: true } as const;
}

function texts(brief: string, placeholder: string) {
  return { ...text(brief, placeholder), variadic: true } as const;
}

/** A cluster of k3d's words may be one elsewhere, by its URL. */
function parseCluster(text: string): string {
  if (!text.startsWith("https://")) return parseClusterName(text);
  throw new SyntaxError(
    `Cannot join "${text}": expected a cluster of this engine; a node of another one is run by "docker ` +
      `run --privileged --tmpfs /run --tmpfs /var/run -e K3S_TOKEN=… rancher/k3s:… agent --server ${text}"`,
  );
}

function parseReplicas(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot add "${text}" nodes: expected 1 to 999`);
}
