import { buildCommand, type Command } from "@stricli/core";
import type { ClusterOutputFlags } from "../console/cluster_flags.ts";
import { CHOSEN_NODES } from "../console/cluster_parameters.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";

/** `davit node stop NODE...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Stop nodes",
    fullDescription:
      `Stop the containers of nodes. Nothing is lost: "davit node start" brings them back.

  davit node stop davit-dev-agent-1`,
  },
  parameters: CHOSEN_NODES,
  async func(this: Context, flags: ClusterOutputFlags, ...names: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { switchNode } = await import("../../lib/k3s/node_calls.ts");
    for (const name of names) {
      await switchNode(name, "stop", session.options);
      session.output.result(name, { name });
    }
  },
});
