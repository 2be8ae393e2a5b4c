import { buildCommand, type Command } from "@stricli/core";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import {
  changeConnection,
  CONNECTED_REGISTRY,
  CONNECTION_FLAGS,
  type ConnectionFlags,
} from "../console/registry_connection.ts";

/** `davit registry connect NAME[:PORT]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Have the nodes of a cluster pull from a registry",
    fullDescription:
      `Have the nodes of a cluster, which may run, pull from a registry in a container, whoever made it.
No node is started again: containerd looks for registries each time that it pulls. Where an old k3s
has it look only at its start, the command says so.

  davit registry connect images -c dev
  davit registry connect images -c dev --dry-run`,
  },
  parameters: {
    flags: CONNECTION_FLAGS,
    aliases: { c: "cluster" },
    positional: CONNECTED_REGISTRY,
  },
  async func(this: Context, flags: ConnectionFlags, name: string): Promise<void> {
    using session = new ClusterSession(this, flags);
    await changeConnection(session, "connect", name, flags);
  },
});
