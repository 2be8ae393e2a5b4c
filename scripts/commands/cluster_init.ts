import { buildCommand, type Command } from "@stricli/core";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { AlreadyExistsError } from "../../lib/errors.ts";

interface Flags extends ClusterOutputFlags {
  readonly output: string;
  readonly force?: boolean;
}

/** `davit cluster init` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Write a config file to begin with",
    fullDescription:
      `Write a config file of a cluster to begin with, as "k3d config init" does; davit
config init means the same.

  davit cluster init && davit cluster create -c davit-cluster.yaml`,
  },
  parameters: {
    flags: {
      output: {
        kind: "parsed",
        brief: "File to write; - prints instead",
        placeholder: "FILE",
        parse: String,
        default: "davit-cluster.yaml",
      },
      force: {
        kind: "boolean",
        brief: "Write over a file that is there",
        optional: true,
        withNegated: false,
      },
      ...OUTPUT_FLAGS,
    },
    aliases: { o: "output", f: "force" },
  },
  async func(this: Context, flags: Flags): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { output, force = false } = flags;
    const { CONFIG_TEMPLATE } = await import("../../lib/k3s/config_template.ts");
    if (output === "-") {
      return session.output.result(CONFIG_TEMPLATE.trimEnd(), { config: CONFIG_TEMPLATE });
    }
    await Deno.writeTextFile(output, CONFIG_TEMPLATE, { createNew: !force }).catch((error) => {
      throw error instanceof Deno.errors.AlreadyExists ? new AlreadyExistsError(output) : error;
    });
    session.output.result(output, { path: output });
  },
});
