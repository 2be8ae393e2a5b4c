import { buildCommand, type Command } from "@stricli/core";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import {
  changeConnection,
  CONNECTED_REGISTRY,
  CONNECTION_FLAGS,
  type ConnectionFlags,
} from "../console/registry_connection.ts";

/** `davit registry disconnect NAME[:PORT]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Have the nodes of a cluster pull from a registry no more",
    fullDescription:
      `Have the nodes of a cluster, which may run, pull from a registry no more, and take it out of their
network. The registry itself stays as it is.

  davit registry disconnect images -c dev`,
  },
  parameters: {
    flags: CONNECTION_FLAGS,
    aliases: { c: "cluster" },
    positional: CONNECTED_REGISTRY,
  },
  async func(this: Context, flags: ConnectionFlags, name: string): Promise<void> {
    using session = new ClusterSession(this, flags);
    await changeConnection(session, "disconnect", name, flags);
  },
});
