import { buildCommand, type Command } from "@stricli/core";
import type { ClusterOutputFlags } from "../console/cluster_flags.ts";
import { CHOSEN_NODES } from "../console/cluster_parameters.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";

/** `davit node start NODE...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Start nodes",
    fullDescription:
      `Start the containers of nodes. "davit cluster start" starts a whole cluster, and waits for it.

  davit node start davit-dev-agent-1`,
  },
  parameters: CHOSEN_NODES,
  async func(this: Context, flags: ClusterOutputFlags, ...names: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { switchNode } = await import("../../lib/k3s/node_calls.ts");
    for (const name of names) {
      await switchNode(name, "start", session.options);
      session.output.result(name, { name });
    }
  },
});
