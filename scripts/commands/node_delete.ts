import { buildCommand, type Command } from "@stricli/core";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
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
  parameters: {
    flags: OUTPUT_FLAGS,
    positional: {
      kind: "array",
      parameter: { brief: "Node", placeholder: "NODE...", parse: String },
      minimum: 1,
    },
  },
  async func(this: Context, flags: ClusterOutputFlags, ...names: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { deleteNode } = await import("../../lib/k3s/node_calls.ts");
    for (const name of names) {
      await deleteNode(name, session.options);
      session.output.result(name, { name });
    }
  },
});
