import { buildCommand, type Command } from "@stricli/core";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { IMPORT_FLAGS, type ImportFlags } from "../console/import_flags.ts";
import { printImport } from "../console/print_import.ts";
import { openImportSources } from "../console/import_sources.ts";
import { Session } from "../console/session.ts";
import { ImportError } from "../../lib/errors.ts";
import { DEFAULT_CLUSTER } from "../../lib/k3s/names.ts";
import { present } from "../../lib/oci/present.ts";

/** `davit image import IMAGE...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Bring images to every node of a cluster",
    fullDescription:
      `Bring images to every node of a cluster. Of each image a node gets only the blobs that it lacks,
and afterwards containerd checks that all of it is there, by digest. A node that fails does not stop
the others; what every node was sent is told, and why one failed.

A plain name or ID is an image of Docker, as k3d has it; docker://NAME one of a registry. A file may
hold several images, compressed or not; - is standard input. A build file is built on the way, under
the tags that it says.

  davit image import app:dev -c dev
  davit image import docker://nginx:alpine images.tar davit.yaml
  docker save app:dev | davit image import -`,
  },
  parameters: {
    flags: { ...IMPORT_FLAGS, ...COMMON_FLAGS },
    aliases: {
      c: "cluster",
      j: "jobs",
      k: "keepTarball",
      m: "mode",
      t: "keepTools",
      v: "verbose",
    },
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
  async func(this: Context, flags: ImportFlags & CommonFlags, ...words: string[]): Promise<void> {
    using clusters = new ClusterSession(this, flags);
    const { jobs, pin, via, ...sessionFlags } = flags;
    await using session = new Session(this, sessionFlags);
    await using scope = new AsyncDisposableStack();
    const images = await openImportSources(words, { context: this, session, scope });
    const { importImages } = await import("../../lib/k3s/import_images.ts");
    const { output } = session;
    const options = {
      ...clusters.options,
      ...present({ jobs, pin, via }),
      onEvent: output.onEvent,
    };
    const failures: ImportError[] = [];
    for (const cluster of flags.cluster ?? [DEFAULT_CLUSTER]) {
      try {
        const nodes = await importImages(cluster, images, options);
        printImport(output, { cluster, images, nodes });
      } catch (error) {
        if (!(error instanceof ImportError)) throw error;
        printImport(output, { cluster, images, nodes: error.results });
        failures.push(error);
      }
    }
    for (const error of failures.slice(1)) output.note(error.message);
    if (failures[0] !== undefined) throw failures[0];
  },
});
