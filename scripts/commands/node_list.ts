import { buildCommand, type Command } from "@stricli/core";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { formatDocument } from "../console/format_document.ts";
import { formatTable } from "../console/table.ts";
import { NotFoundError } from "../../lib/errors.ts";

interface Flags extends ClusterOutputFlags {
  readonly noHeaders?: boolean;
  readonly output?: "json" | "yaml";
}

/** `davit node list [NODE]...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "List the nodes of all clusters",
    fullDescription:
      `List the nodes of all clusters of the engine, with what they are for and whether
they run. --json prints a line for each.

  davit node list`,
  },
  parameters: {
    flags: {
      noHeaders: {
        kind: "boolean",
        brief: "Print no headings",
        optional: true,
        withNegated: false,
      },
      output: {
        kind: "enum",
        brief: "One document for all",
        values: ["json", "yaml"],
        optional: true,
      },
      ...OUTPUT_FLAGS,
    },
    aliases: { o: "output" },
    positional: {
      kind: "array",
      parameter: { brief: "Nodes; all unless said", placeholder: "[NODE]...", parse: String },
    },
  },
  async func(this: Context, flags: Flags, ...names: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { listNodes } = await import("../../lib/k3s/node_calls.ts");
    const found = await listNodes(session.options);
    const missing = names.find((name) => !found.some(({ node }) => node.name === name));
    if (missing !== undefined) throw new NotFoundError("node", missing);
    const chosen = found
      .filter(({ node }) => names.length === 0 || names.includes(node.name))
      .map(({ cluster, node: { name, role, state } }) => ({
        name,
        role,
        cluster: cluster.name,
        state,
      }));
    if (flags.output !== undefined) {
      return session.output.document(await formatDocument(chosen, flags.output));
    }
    const heading = flags.noHeaders ? [] : [["NAME", "ROLE", "CLUSTER", "STATUS"]];
    const table = formatTable([...heading, ...chosen.map((node) => Object.values(node))]);
    const lines = flags.json ? chosen.map(() => "") : table;
    const offset = lines.length - chosen.length;
    for (const [index, line] of lines.entries()) {
      session.output.result(line, chosen[index - offset]);
    }
  },
});
