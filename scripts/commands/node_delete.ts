import { buildCommand, type Command } from "@stricli/core";
import type { ClusterOutputFlags } from "../console/cluster_flags.ts";
import { CHOSEN_NODES } from "../console/cluster_parameters.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";

/** `davit node delete NODE...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Take nodes out of their clusters",
    fullDescription:
      `Take nodes out of their clusters: Kubernetes forgets them, then their containers and volumes go.
The first server stays: the others join through it.

  davit node delete davit-dev-agent-1`,
  },
  parameters: CHOSEN_NODES,
  async func(this: Context, flags: ClusterOutputFlags, ...names: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { deleteNode } = await import("../../lib/k3s/node_calls.ts");
    for (const name of names) {
      await deleteNode(name, session.options);
      session.output.result(name, { name });
    }
  },
});
