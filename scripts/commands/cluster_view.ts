import { buildCommand, type Command } from "@stricli/core";
import {
  CLUSTER_SPEC_ALIASES,
  CLUSTER_SPEC_FLAGS,
  type ClusterSpecFlags,
} from "../console/cluster_spec_flags.ts";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import { readClusterSpec } from "../console/cluster_spec.ts";
import type { Context } from "../console/context.ts";

interface Flags extends ClusterSpecFlags, ClusterOutputFlags {
  readonly config?: string;
}

/** `davit cluster view` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Print what flags, environment and config file come to",
    fullDescription:
      `Print the config that "davit cluster create" would go by, of the same flags: what
they, the environment and the file come to. davit config view means the same.

  davit cluster view -c cluster.yaml --agents 3`,
  },
  parameters: {
    flags: {
      config: {
        kind: "parsed",
        brief: "Config file of k3d; - for standard input",
        placeholder: "FILE",
        parse: String,
        optional: true,
      },
      ...CLUSTER_SPEC_FLAGS,
      ...OUTPUT_FLAGS,
    },
    aliases: { c: "config", ...CLUSTER_SPEC_ALIASES },
  },
  async func(this: Context, flags: Flags): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { spec: { name, ...spec } } = await readClusterSpec(this, flags, undefined);
    const { CONFIG_VERSION } = await import("../../lib/k3s/migrate_config.ts");
    const { stringify } = await import("yaml");
    const config = { apiVersion: CONFIG_VERSION, kind: "Simple", metadata: { name }, ...spec };
    session.output.result(stringify(config, { lineWidth: 0 }).trimEnd(), config);
  },
});
