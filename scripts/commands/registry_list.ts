import { buildCommand, type Command } from "@stricli/core";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { formatTable } from "../console/table.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { registryName } from "../../lib/k3s/registries/registry.ts";

interface Flags extends ClusterOutputFlags {
  readonly noHeaders?: boolean;
}

/** `davit registry list [NAME]...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "List the registries in containers",
    fullDescription:
      `List the registries that davit made in containers, with the clusters that use them, whether they
run, and where you reach them. --json prints a line for each.

  davit registry list`,
  },
  parameters: {
    flags: {
      noHeaders: {
        kind: "boolean",
        brief: "Print no headings",
        optional: true,
        withNegated: false,
      },
      ...OUTPUT_FLAGS,
    },
    positional: {
      kind: "array",
      parameter: { brief: "Registries; all unless said", placeholder: "[NAME]...", parse: String },
    },
  },
  async func(this: Context, flags: Flags, ...named: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { listRegistries } = await import("../../lib/k3s/registries/list_registries.ts");
    const names = named.map(registryName);
    const registries = await listRegistries(session.options);
    const missing = names.find((name) => !registries.some((registry) => registry.name === name));
    if (missing !== undefined) throw new NotFoundError("registry", missing, "the engine");
    const chosen = registries.filter(({ name }) => names.length === 0 || names.includes(name))
      .map(({ name, clusters, state, registry }) => ({
        ...{ name, role: "registry", clusters, state },
        host: registry === undefined ? "" : `localhost:${registry.hostPort}`,
      }));
    const heading = flags.noHeaders ? [] : [["NAME", "ROLE", "CLUSTER", "STATUS", "HOST"]];
    const table = formatTable([
      ...heading,
      ...chosen.map((
        { name, role, clusters, state, host },
      ) => [name, role, clusters.length === 0 ? "*" : clusters.join(","), state, host]),
    ]);
    const lines = flags.json ? chosen.map(() => "") : table;
    const offset = lines.length - chosen.length;
    for (const [index, line] of lines.entries()) {
      session.output.result(line, chosen[index - offset]);
    }
  },
});
