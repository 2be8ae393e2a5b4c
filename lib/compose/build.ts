import type { Annotations } from "../oci/annotations.ts";
import type { Compression } from "../oci/media_type.ts";
import { present } from "../oci/present.ts";
import { type BuildOutput, runBuild, type RunBuildOptions } from "./run_build.ts";
import type { BuildSpec, ConfigSpec, CopySpec, FilesSpec, LayerSpec } from "./spec.ts";

/**
 * A build in the making: the fluent form of a `davit.yaml`. Each step gives a new build and leaves
 * the old one as it was, so that builds can share their beginnings.
 *
 * @example
 * ```ts
 * import { Build } from "@davit/davit/compose";
 *
 * const site = Build.from("nginx:alpine")
 *   .remove("usr/share/nginx/html")
 *   .copy("site", { to: "/usr/share/nginx/html" })
 *   .config({ labels: { team: "deck" } })
 *   .tag("registry.example/site:v1");
 * console.assert(site.spec.layers?.length === 2);
 * ```
 */
export class Build {
  /** What has been said so far. */
  readonly spec: BuildSpec;

  /** Begins with what a spec says. @param spec The spec. */
  constructor(spec: BuildSpec) {
    this.spec = spec;
  }

  /** Begins a build on a base: a registry name, a layout, an archive, or `scratch`. */
  static from(base: string): Build {
    return new Build({ from: base });
  }

  /** Takes paths of the base away. */
  remove(...paths: readonly string[]): Build {
    return this.#layer({ remove: paths });
  }

  /** Adds a directory's contents, or one file. */
  copy(path: string, options: Omit<CopySpec, "copy"> = {}): Build {
    return this.#layer({ copy: path, ...options });
  }

  /** Adds a tar as it is. */
  tar(path: string): Build {
    return this.#layer({ tar: path });
  }

  /** Adds files by their content. */
  files(files: FilesSpec["files"], options: Omit<FilesSpec, "files"> = {}): Build {
    return this.#layer({ files, ...options });
  }

  /**
   * Says what a container starts as. Variables, labels, ports and volumes join those said before;
   * everything else takes its place.
   */
  config(config: ConfigSpec): Build {
    return this.#with({ config: joinConfigs(this.spec.config ?? {}, config) });
  }

  /** Adds annotations. */
  annotate(annotations: Annotations): Build {
    return this.#with({ annotations: { ...this.spec.annotations, ...annotations } });
  }

  /** Chooses the platforms to build for. */
  platforms(...platforms: readonly string[]): Build {
    return this.#with({ platforms });
  }

  /** Gives the image another name. */
  tag(...tags: readonly string[]): Build {
    return this.#with({ tags: [...this.spec.tags ?? [], ...tags] });
  }

  /** Adds places to go to. */
  output(...outputs: readonly string[]): Build {
    return this.#with({ outputs: [...this.spec.outputs ?? [], ...outputs] });
  }

  /** Chooses how new layers are compressed. @param level From 1, fastest, to 9, smallest. */
  compress(compression: Compression, level?: number): Build {
    return this.#with({ compression, ...(level === undefined ? {} : { level }) });
  }

  /**
   * Builds, and writes the result to all outputs.
   *
   * @throws {SpecError} When the build contradicts itself, or names no place to go to.
   * @example
   * ```ts
   * import { Build } from "@davit/davit/compose";
   * import { serveRegistry } from "@davit/davit/server";
   *
   * await using server = await serveRegistry();
   * const [output] = await Build.from("scratch")
   *   .files({ "etc/motd": "ahoy" })
   *   .tag(`${server.address}/motd:v1`)
   *   .run();
   * console.assert(output?.names[0] === "v1");
   * ```
   */
  run(options: RunBuildOptions = {}): Promise<readonly BuildOutput[]> {
    return runBuild(this.spec, options);
  }

  #layer(layer: LayerSpec): Build {
    return this.#with({ layers: [...this.spec.layers ?? [], layer] });
  }

  #with(changes: Partial<BuildSpec>): Build {
    return new Build({ ...this.spec, ...changes });
  }
}

function joinConfigs(before: ConfigSpec, after: ConfigSpec): ConfigSpec {
  const both = {
    env: before.env && after.env && { ...before.env, ...after.env },
    labels: before.labels && after.labels && { ...before.labels, ...after.labels },
    ports: before.ports && after.ports && [...before.ports, ...after.ports],
    volumes: before.volumes && after.volumes && [...before.volumes, ...after.volumes],
  };
  return { ...before, ...after, ...present(both) };
}
