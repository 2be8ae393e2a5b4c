import { buildCommand, type Command } from "@stricli/core";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { PORT_EDIT_FLAGS, type PortEditFlags, runPortEdit } from "../console/port_edit.ts";
import { parseClusterName } from "../../lib/k3s/names.ts";

/** `davit cluster edit NAME` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Change the ports of a cluster that runs",
    fullDescription:
      `Change the ports of a cluster that runs: another load balancer takes the place of the one that
is there, and every port that is not named leads where it did. When that fails, because a port of
the host is taken, the old one is back. A cluster without a load balancer gets one.

  davit cluster edit dev --port-add 8080:80
  davit cluster edit dev --port-add 8081:80@agent:* --port-delete 8080:80`,
  },
  parameters: {
    flags: PORT_EDIT_FLAGS,
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Name of the cluster", placeholder: "NAME", parse: parseClusterName }],
    },
  },
  async func(this: Context, flags: PortEditFlags, name: string): Promise<void> {
    using session = new ClusterSession(this, flags);
    await runPortEdit(session, name, flags);
  },
});
