import { buildCommand, type Command } from "@stricli/core";
import type { ClusterOutputFlags } from "../console/cluster_flags.ts";
import { CHOSEN_REGISTRIES } from "../console/cluster_parameters.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";

/** `davit registry start NAME...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Start registries in containers",
    fullDescription: `Start registries that were stopped: same port, same addresses, same content.

  davit registry start images`,
  },
  parameters: CHOSEN_REGISTRIES,
  async func(this: Context, flags: ClusterOutputFlags, ...names: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { switchRegistry } = await import("../../lib/k3s/registries/registry_calls.ts");
    for (const each of names) {
      const name = await switchRegistry(each, "start", session.options);
      session.output.result(name, { name });
    }
  },
});
