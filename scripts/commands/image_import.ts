import { buildCommand, type Command } from "@stricli/core";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { formatBytes } from "../console/format_bytes.ts";
import { openImportSources } from "../console/import_sources.ts";
import { Session } from "../console/session.ts";
import { DEFAULT_CLUSTER, parseClusterName } from "../../lib/k3s/names.ts";

interface Flags extends CommonFlags {
  readonly cluster?: readonly string[];
  readonly mode?: "auto" | "direct" | "tools" | "tools-node";
}

/** `davit image import IMAGE...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Bring images to every node of a cluster",
    fullDescription:
      `Bring images to every node of a cluster. Of each image a node gets only the blobs that it lacks,
and afterwards every node is asked for it by digest; a node that fails does not stop the others.

A plain name is an image of Docker, as k3d has it; docker://NAME one of a registry. A file may hold
several images, compressed or not; - is standard input.

  davit image import app:dev -c dev
  davit image import docker://nginx:alpine images.tar
  docker save app:dev | davit image import -`,
  },
  parameters: {
    flags: {
      cluster: {
        kind: "parsed",
        brief: `Cluster to bring them to (${DEFAULT_CLUSTER} unless said)`,
        placeholder: "NAME",
        parse: parseClusterName,
        variadic: true,
        optional: true,
      },
      mode: {
        kind: "enum",
        brief: "Has no effect: there is one way",
        values: ["auto", "direct", "tools", "tools-node"],
        optional: true,
      },
      ...COMMON_FLAGS,
    },
    aliases: { c: "cluster", m: "mode", v: "verbose" },
    positional: {
      kind: "array",
      parameter: {
        brief: "Image, place, file, or - for standard input",
        placeholder: "IMAGE...",
        parse: String,
      },
      minimum: 1,
    },
  },
  async func(this: Context, flags: Flags, ...words: string[]): Promise<void> {
    using clusters = new ClusterSession(this, flags);
    await using session = new Session(this, flags);
    await using scope = new AsyncDisposableStack();
    const images = await openImportSources(this, session, words, scope);
    const { importImages } = await import("../../lib/k3s/import_images.ts");
    const { output } = session;
    for (const cluster of flags.cluster ?? [DEFAULT_CLUSTER]) {
      const options = { ...clusters.options, onEvent: output.onEvent };
      const nodes = await importImages(cluster, images, options);
      for (const { names } of images) {
        output.result(names.join(" "), {
          cluster,
          names,
          nodes: nodes.map(({ node, sent }) => ({ node, sent })),
        });
      }
      const sent = nodes.map((node) => `${node.node} ${formatBytes(node.sent)}`);
      if (flags.json !== true) output.note(`Sent to ${sent.join(", ")}`);
    }
  },
});
