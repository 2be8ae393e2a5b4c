import { buildCommand, type Command } from "@stricli/core";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { formatDocument } from "../console/format_document.ts";
import { formatTable } from "../console/table.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { TOKEN_PATH } from "../../lib/k3s/arrange_nodes.ts";
import type { ClusterInfo } from "../../lib/k3s/list_clusters.ts";
import { parseClusterName } from "../../lib/k3s/names.ts";

interface Flags extends ClusterOutputFlags {
  readonly noHeaders?: boolean;
  readonly token?: boolean;
  readonly output?: "json" | "yaml";
}

/** `davit cluster list [NAME]...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "List clusters",
    fullDescription:
      `List the clusters of the engine with how many of their servers and agents run. --json prints a
line for each, -o json one document for all.

  davit cluster list
  davit cluster list dev -o json`,
  },
  parameters: {
    flags: {
      noHeaders: {
        kind: "boolean",
        brief: "Print no headings",
        optional: true,
        withNegated: false,
      },
      token: {
        kind: "boolean",
        brief: "Of k3d; says how the token is read instead",
        optional: true,
        hidden: true,
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
      parameter: {
        brief: "Clusters; all unless said",
        placeholder: "[NAME]...",
        parse: parseClusterName,
      },
    },
  },
  async func(this: Context, flags: Flags, ...names: string[]): Promise<void> {
    if (flags.token) {
      throw new UsageError(
        `Cannot print tokens: whoever has one is an administrator; "docker exec davit-NAME-server-0 ` +
          `cat ${TOKEN_PATH}" reads it`,
      );
    }
    using session = new ClusterSession(this, flags);
    const { listClusters } = await import("../../lib/k3s/list_clusters.ts");
    const found = await listClusters(session.options);
    const missing = names.find((name) => !found.some((cluster) => cluster.name === name));
    if (missing !== undefined) throw new NotFoundError("cluster", missing);
    const clusters = found.filter(({ name }) => names.length === 0 || names.includes(name));
    if (flags.output !== undefined) {
      session.output.document(await formatDocument(clusters.map(describe), flags.output));
    } else if (flags.json) {
      for (const cluster of clusters) session.output.result("", describe(cluster));
    } else {
      const heading = flags.noHeaders ? [] : [["NAME", "SERVERS", "AGENTS", "LOADBALANCER"]];
      const table = formatTable([...heading, ...clusters.map(row)]);
      for (const line of table) session.output.result(line, undefined);
    }
  },
});

function describe({ name, apiUrl, nodes }: ClusterInfo) {
  return {
    name,
    apiUrl,
    nodes: nodes.map(({ name, role, state, node }) => (
      { name, role, state, image: node?.image, ip: node?.ip, ports: node?.ports }
    )),
  };
}

function row({ name, nodes }: ClusterInfo): string[] {
  const count = (role: string) => {
    const all = nodes.filter((node) => node.role === role);
    return `${all.filter(({ state }) => state === "running").length}/${all.length}`;
  };
  const hasBalancer = nodes.some(({ role }) => role === "loadbalancer");
  return [name, count("server"), count("agent"), String(hasBalancer)];
}
