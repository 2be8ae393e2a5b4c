import type { FlagParametersForType } from "@stricli/core";
import { splitFilters } from "../../lib/k3s/split_filters.ts";
import type { PortSpec } from "../../lib/k3s/spec.ts";
import { present } from "../../lib/oci/present.ts";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "./cluster_flags.ts";
import type { ClusterSession } from "./cluster_session.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";

/** The flags of commands that change ports. */
export interface PortEditFlags extends ClusterOutputFlags {
  /** Ports to publish. */
  readonly portAdd?: readonly string[];
  /** Ports to publish no more. */
  readonly portDelete?: readonly string[];
  /** The image of a load balancer where there is none yet. */
  readonly lbImage?: string;
  /** Whether to print the docker commands instead. */
  readonly dryRun?: boolean;
}

/** {@linkcode PortEditFlags}, for a command's parameters. */
export const PORT_EDIT_FLAGS: FlagParametersForType<PortEditFlags, Context> = {
  portAdd: {
    kind: "parsed",
    brief: "Port to publish: 8080:80, 53:53/udp@agent:0",
    placeholder: "SPEC[@FILTER]",
    parse: String,
    optional: true,
    variadic: true,
  },
  portDelete: {
    kind: "parsed",
    brief: "Port to publish no more, as it was added",
    placeholder: "SPEC[@FILTER]",
    parse: String,
    optional: true,
    variadic: true,
  },
  lbImage: {
    kind: "parsed",
    brief: "Image of the load balancer, where there is none yet; davit for its own",
    placeholder: "IMAGE",
    parse: String,
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

/** Changes the ports of a cluster as the flags say, and prints what is published then. */
export async function runPortEdit(
  session: ClusterSession,
  cluster: string,
  flags: PortEditFlags,
): Promise<void> {
  const changes = {
    add: (flags.portAdd ?? []).map(portSpec),
    remove: (flags.portDelete ?? []).map(portSpec),
  };
  if (changes.add.length + changes.remove.length === 0) {
    throw new UsageError("Cannot change nothing: expected --port-add SPEC or --port-delete SPEC");
  }
  const { editPorts, planPorts } = await import("../../lib/k3s/edit_ports.ts");
  const options = { ...session.options, ...present({ image: flags.lbImage }) };
  if (flags.dryRun) {
    const { formatPlan, outlinePlan } = await import("../../lib/k3s/format_plan.ts");
    const plan = await planPorts(cluster, changes, options);
    return session.output.result(formatPlan(plan), outlinePlan(plan));
  }
  const balancer = await session.run(() => editPorts(cluster, changes, options));
  session.output.result(cluster, { name: cluster, ports: balancer?.ports ?? [] });
}

function portSpec(text: string): PortSpec {
  const { value, filters } = splitFilters(text);
  return { port: value, ...(filters.length === 0 ? {} : { nodeFilters: filters }) };
}
