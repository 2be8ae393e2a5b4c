import { buildCommand, type Command } from "@stricli/core";
import {
  CLUSTER_SPEC_ALIASES,
  CLUSTER_SPEC_FLAGS,
  type ClusterSpecFlags,
} from "../console/cluster_spec_flags.ts";
import {
  type ClusterOutputFlags,
  OUTPUT_FLAGS,
  WAIT_FLAGS,
  type WaitFlags,
} from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import { registryProgram } from "../console/registry_program.ts";
import { readClusterSpec } from "../console/cluster_spec.ts";
import type { Context } from "../console/context.ts";
import { mergeNewKubeconfig } from "../console/merge_new_kubeconfig.ts";
import { AlreadyExistsError } from "../../lib/errors.ts";
import { present } from "../../lib/oci/present.ts";
import { DEFAULT_CLUSTER, parseClusterName } from "../../lib/k3s/names.ts";

interface Flags extends ClusterSpecFlags, WaitFlags, ClusterOutputFlags {
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly ifNotExists?: boolean;
  readonly schema?: boolean;
}

/** `davit cluster create [NAME]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Create a k3s cluster in containers",
    fullDescription:
      `Create a cluster of k3s nodes in containers, and wait until its nodes are Ready. When it fails,
takes too long or is interrupted, nothing of it is left.

  davit cluster create dev --agents 2
  davit cluster create dev -p 8080:80@loadbalancer --k3s-arg "--disable=traefik@server:*"
  davit cluster create -c cluster.yaml --dry-run

-c reads k3d's config file (k3d.io/v1alpha5, kind Simple, and older versions); flags win over K3D_...
variables, those over the file. Filters choose nodes: server:0, agent:0-2, agent:*, loadbalancer, all.
The API is published on 127.0.0.1; all nodes know the host as host.davit.internal.

  davit cluster create dev --registry-create images:5000   # push to localhost:5000, run localhost:5000/app

With --registry-create, images run in the cluster under the name that they were pushed by.`,
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
      ...CLUSTER_SPEC_FLAGS,
      ...WAIT_FLAGS,
      dryRun: {
        kind: "boolean",
        brief: "Print the docker commands, and make nothing",
        optional: true,
        withNegated: false,
      },
      ifNotExists: {
        kind: "boolean",
        brief: "Do nothing when there is such a cluster",
        optional: true,
        withNegated: false,
      },
      schema: {
        kind: "boolean",
        brief: "Print the JSON Schema of a config file, for editors",
        optional: true,
        withNegated: false,
      },
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
    if (flags.schema) {
      const { clusterConfigSchema } = await import("../../lib/k3s/parse_config.ts");
      const schema = await clusterConfigSchema();
      return output.result(JSON.stringify(schema, null, 2), schema);
    }
    const { createCluster, planCluster } = await import("../../lib/k3s/create_cluster.ts");
    const { spec, directory } = await readClusterSpec(this, flags, name);
    const options = {
      ...session.options,
      directory,
      ...present({ registryProgram: registryProgram() }),
      onWarning: (text: string) => output.note(text),
    };
    if (flags.dryRun) {
      const { formatPlan, outlinePlan } = await import("../../lib/k3s/format_plan.ts");
      const plan = await planCluster(spec, options);
      return output.result(formatPlan(plan), outlinePlan(plan));
    }
    try {
      const cluster = await session.run(() => createCluster(spec, options));
      await mergeNewKubeconfig(session, spec, cluster);
      output.result(cluster.name, { name: cluster.name, apiUrl: cluster.apiUrl });
    } catch (error) {
      const isThere = error instanceof AlreadyExistsError && error.subject.startsWith("cluster ");
      if (!flags.ifNotExists || !isThere) throw error;
      output.note(`There is a ${error.subject} already`);
    }
  },
});
