import type { FlagParametersForType, TypedPositionalParameters } from "@stricli/core";
import { DEFAULT_CLUSTER, parseClusterName } from "../../lib/k3s/names.ts";
import type { RegistryConnection } from "../../lib/k3s/registries/connect_registry.ts";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "./cluster_flags.ts";
import type { ClusterSession } from "./cluster_session.ts";
import type { Context } from "./context.ts";

/** The flags of commands that connect a registry to a cluster, and take it away. */
export interface ConnectionFlags extends ClusterOutputFlags {
  readonly cluster?: string;
  readonly dryRun?: boolean;
}

/** {@linkcode ConnectionFlags}, for a command's parameters. */
export const CONNECTION_FLAGS: FlagParametersForType<ConnectionFlags, Context> = {
  cluster: {
    kind: "parsed",
    brief: `Cluster whose nodes pull from it (${DEFAULT_CLUSTER} unless said)`,
    placeholder: "NAME",
    parse: parseClusterName,
    optional: true,
  },
  dryRun: {
    kind: "boolean",
    brief: "Print the docker commands, and change nothing",
    optional: true,
    withNegated: false,
  },
  ...OUTPUT_FLAGS,
};

/** The registry that such a command is about. */
export const CONNECTED_REGISTRY: TypedPositionalParameters<[string], Context> = {
  kind: "tuple",
  parameters: [{ brief: "Registry in a container", placeholder: "NAME[:PORT]", parse: String }],
};

/** Connects a registry or takes it away, or tells what would be done for that. */
export async function changeConnection(
  session: ClusterSession,
  verb: "connect" | "disconnect",
  name: string,
  { cluster = DEFAULT_CLUSTER, dryRun }: ConnectionFlags,
): Promise<void> {
  const { output } = session;
  const connections = await import("../../lib/k3s/registries/connect_registry.ts");
  if (dryRun) {
    const { formatOperations, outlinePlan } = await import("../../lib/k3s/format_plan.ts");
    const { operations } = await connections.planRegistryConnection(
      ...[verb, name, cluster, session.options] as const,
    );
    return output.result(formatOperations(operations), outlinePlan(operations));
  }
  const change = verb === "connect"
    ? connections.connectRegistryToCluster
    : connections.disconnectRegistryFromCluster;
  tell(session, await session.run(() => change(name, cluster, session.options)));
}

function tell({ output }: ClusterSession, connection: RegistryConnection): void {
  const { registry, cluster, names, waiting } = connection;
  output.result(registry, { registry, cluster, names, waiting });
  if (waiting.length === 0) return;
  output.note(
    `The containerd of "${waiting.join('", "')}" reads its registries when it starts: ` +
      `"davit cluster restart ${cluster}" has it do so`,
  );
}
