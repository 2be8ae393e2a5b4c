import { buildCommand, type Command } from "@stricli/core";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { readTextFile } from "../console/read_text_file.ts";

/** `davit cluster migrate INPUT [OUTPUT]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Bring a config file to today's version",
    fullDescription:
      `Bring a config file of k3d to k3d.io/v1alpha5, as "k3d config migrate" does; davit config
migrate means the same. Older versions are read as they are, so nobody must.

  davit cluster migrate old.yaml
  davit cluster migrate old.yaml new.yaml`,
  },
  parameters: {
    flags: OUTPUT_FLAGS,
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Config file", placeholder: "INPUT", parse: String },
        {
          brief: "File to write; printed unless said",
          placeholder: "OUTPUT",
          parse: String,
          optional: true,
        },
      ],
    },
  },
  async func(
    this: Context,
    flags: ClusterOutputFlags,
    input: string,
    output?: string,
  ): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { migrateFile } = await import("../../lib/k3s/migrate_file.ts");
    const config = await migrateFile(await readTextFile(input), input);
    if (output === undefined) return session.output.result(config.trimEnd(), { config });
    await Deno.writeTextFile(output, config);
    session.output.result(output, { path: output });
  },
});
