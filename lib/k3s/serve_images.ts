import type { DockerCli } from "../docker/cli.ts";
import { ClusterError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { present } from "../oci/present.ts";
import type { OnCopyEvent } from "../store/events.ts";
import { ImageServer } from "./image_server.ts";
import { findCluster } from "./list_clusters.ts";

/** Options of {@linkcode serveImages}. */
export interface ServeImagesOptions extends CallOptions {
  /** Hears what nodes fetch. */
  readonly onEvent?: OnCopyEvent;
}

/**
 * Serves images in the network of a cluster, at the address that this machine has there.
 *
 * @throws {ClusterError} When the engine, and with it that network, is on another machine.
 */
export async function serveImages(
  cli: DockerCli,
  cluster: string,
  options: ServeImagesOptions = {},
): Promise<ImageServer> {
  const { nodes } = await findCluster(cli, cluster, options);
  const format = "{{range .NetworkSettings.Networks}}{{.Gateway}} {{end}}";
  const act = `find the network of cluster "${cluster}"`;
  const names = nodes.slice(0, 1).map(({ name }) => name);
  const output = await cli.run(["inspect", "--format", format, ...names], { ...options, act });
  const [gateway = ""] = output.trim().split(/\s+/);
  try {
    return ImageServer.listen(gateway, present({ onEvent: options.onEvent }));
  } catch (cause) {
    throw new ClusterError(
      `Cannot serve images to cluster "${cluster}": expected "${gateway}", the gateway of its ` +
        `network, to be this machine, got ${cause}; the engine is elsewhere: import by --via stream`,
      { cause },
    );
  }
}
