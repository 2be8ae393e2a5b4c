import { buildCommand, type Command } from "@stricli/core";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { PORT_EDIT_FLAGS, type PortEditFlags, runPortEdit } from "../console/port_edit.ts";

/** `davit node edit NODE` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Change the ports of a load balancer that runs",
    fullDescription:
      `Change the ports of a load balancer that runs, as "davit cluster edit" does by the name of the
cluster.

  davit node edit davit-dev-serverlb --port-add 8080:80@agent:0`,
  },
  parameters: {
    flags: PORT_EDIT_FLAGS,
    positional: {
      kind: "tuple",
      parameters: [{ brief: "The load balancer", placeholder: "NODE", parse: String }],
    },
  },
  async func(this: Context, flags: PortEditFlags, name: string): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { findNode } = await import("../../lib/k3s/node_calls.ts");
    const { cluster, node } = await findNode(name, session.options);
    if (node.role !== "loadbalancer") {
      throw new UsageError(
        `Cannot change the ports of "${name}": expected a load balancer, got a ${node.role}; "davit ` +
          `cluster edit ${cluster.name}" takes the same flags`,
      );
    }
    await runPortEdit(session, cluster.name, flags);
  },
});
