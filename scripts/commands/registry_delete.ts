import { buildCommand, type Command } from "@stricli/core";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";

interface Flags extends ClusterOutputFlags {
  readonly all?: boolean;
}

/** `davit registry delete NAME...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Delete registries in containers",
    fullDescription:
      `Delete registries that davit made in containers, with what was pushed to them. Directories and
volumes of yours stay.

  davit registry delete images
  davit registry delete --all`,
  },
  parameters: {
    flags: {
      all: {
        kind: "boolean",
        brief: "All registries of the engine",
        optional: true,
        withNegated: false,
      },
      ...OUTPUT_FLAGS,
    },
    aliases: { a: "all" },
    positional: {
      kind: "array",
      parameter: { brief: "Registries", placeholder: "[NAME]...", parse: String },
    },
  },
  async func(this: Context, flags: Flags, ...named: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { deleteRegistryContainer } = await import("../../lib/k3s/registries/registry_calls.ts");
    const { listRegistries } = await import("../../lib/k3s/registries/list_registries.ts");
    if (named.length === 0 && !flags.all) {
      throw new UsageError("Cannot delete a registry: expected its name, or --all");
    }
    const names = flags.all
      ? (await listRegistries(session.options)).map(({ name }) => name)
      : named;
    for (const each of names) {
      const { name, clusters } = await deleteRegistryContainer(each, session.options);
      session.output.result(name, { name });
      if (clusters.length === 0) continue;
      session.output.note(`It was in use: "${clusters.join('", "')}" will look for it in vain`);
    }
  },
});
