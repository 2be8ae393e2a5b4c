import { buildCommand, type Command } from "@stricli/core";
import type { ClusterOutputFlags } from "../console/cluster_flags.ts";
import { ALL_FLAG, CHOSEN_NODES } from "../console/cluster_parameters.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import { UsageError } from "../console/exit_code.ts";
import type { Context } from "../console/context.ts";

interface Flags extends ClusterOutputFlags {
  readonly all?: boolean;
}

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
    ...CHOSEN_NODES,
    flags: { ...CHOSEN_NODES.flags, all: { ...ALL_FLAG, hidden: true } },
    aliases: { a: "all" },
    positional: { ...CHOSEN_NODES.positional, minimum: 0 },
  },
  async func(this: Context, flags: Flags, ...names: string[]): Promise<void> {
    if (flags.all || names.length === 0) {
      throw new UsageError(
        'Cannot delete no node in particular: expected their names; "davit cluster delete --all" deletes ' +
          "clusters with all of their nodes",
      );
    }
    using session = new ClusterSession(this, flags);
    const { deleteNode } = await import("../../lib/k3s/node_calls.ts");
    for (const name of names) {
      await deleteNode(name, session.options);
      session.output.result(name, { name });
    }
  },
});
