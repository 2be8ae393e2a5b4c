import { composeView } from "../compose/compose_view.ts";
import { inputsOf, KnownLayers } from "../compose/known_layers.ts";
import type { LayerCache } from "../compose/layer_cache.ts";
import { openBase } from "../compose/lock.ts";
import { readSpec } from "../compose/read_spec.ts";
import type { BuildSpec } from "../compose/spec.ts";
import type { Image, View } from "../image/image.ts";
import { selectImage } from "../image/select.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { formatPlatform, parsePlatform, type Platform } from "../oci/platform.ts";
import { bestMatch } from "../oci/platform_match.ts";
import { present } from "../oci/present.ts";
import { PlatformError } from "../errors.ts";
import { parseReference, type RepositoryName } from "../oci/reference.ts";
import { parseLocation } from "../places/location.ts";
import type { OpenedSource, OpenOptions } from "../places/open.ts";
import { resolvePath } from "../places/resolve_location.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import type { ImageSource } from "./image_source.ts";

/** Options of {@linkcode openBuild}. */
export interface BuildSourceOptions extends CallOptions {
  /** What opening the base needs. */
  readonly places: OpenOptions;
  /** What is known of layers that were built before. */
  readonly cache?: LayerCache;
  /** Seconds since 1970 of what is made, where the build does not say; 0 unless said. */
  readonly created?: number;
}

/** What a build without a name is called, with its directory's name behind. */
const NAMELESS = "davit.local";

/**
 * Opens a build file, to make its image again and again: layers whose inputs have not changed since
 * the last time are taken as they are, and the base stays what it was.
 *
 * @param path The build file, absolute.
 * @throws {NotFoundError} When it is not there.
 * @throws {SpecError} When it is no build file.
 */
export async function openBuild(path: string, options: BuildSourceOptions): Promise<ImageSource> {
  const spec = await readSpec(path);
  return new BuildSource(await Deno.realPath(path), spec, options);
}

class BuildSource implements ImageSource {
  readonly label: string;
  readonly repository: RepositoryName;
  readonly #path: string;
  readonly #directory: string;
  readonly #options: BuildSourceOptions;
  readonly #layers = new KnownLayers();
  #spec: BuildSpec;
  #isRead = true;
  #base: { readonly name: string; readonly opened: Promise<OpenedSource> } | undefined;

  constructor(path: string, spec: BuildSpec, options: BuildSourceOptions) {
    this.#path = path;
    this.#directory = path.slice(0, path.lastIndexOf("/")) || "/";
    this.#options = options;
    this.#spec = spec;
    this.label = path;
    this.repository = repositoryOf(spec, this.#directory);
  }

  get inputs(): readonly string[] {
    const layers = this.#spec.layers ?? [];
    const paths = layers.flatMap(inputsOf).map((path) => resolvePath(path, this.#directory));
    return [this.#path, ...paths.map(beforePlatform)];
  }

  async open(platform: Platform, { signal }: CallOptions = {}): Promise<Image> {
    if (!this.#isRead) this.#spec = await readSpec(this.#path);
    this.#isRead = true;
    const { cache, created } = this.#options;
    const spec = { ...this.#spec, platforms: [chooseAmong(this.#spec.platforms, platform)] };
    const view = await untilAborted(
      composeView(spec, {
        directory: this.#directory,
        compression: "none",
        layers: this.#layers,
        open: (base) => this.#openBase(base),
        ...present({ cache, created }),
      }),
      signal,
    );
    return view.kind === "image" ? view : await selectImage(view, platform);
  }

  changed(paths: readonly string[]): boolean {
    const isEdited = paths.includes(this.#path);
    if (isEdited) this.#isRead = false;
    const forgotten = paths.map((path) => this.#layers.forget(path, this.#directory));
    return isEdited || forgotten.some((count) => count > 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await this.#base?.opened.catch(() => undefined);
    await opened?.[Symbol.asyncDispose]();
  }

  async #openBase(name: string): Promise<View> {
    if (this.#base?.name !== name) {
      await this[Symbol.asyncDispose]();
      const { places } = this.#options;
      const options = { places, directory: this.#directory };
      this.#base = { name, opened: openBase(parseLocation(name), options) };
      this.#base.opened.catch(() => this.#base = undefined);
    }
    return (await this.#base.opened).view;
  }
}

/** What the image of a build is called: as its first tag, or after its directory. */
function repositoryOf({ tags = [] }: BuildSpec, directory: string): RepositoryName {
  const [tag] = tags;
  if (tag !== undefined) {
    const { registry, repository } = parseReference(tag);
    return { registry, repository };
  }
  const name = directory.slice(directory.lastIndexOf("/") + 1).toLowerCase()
    .replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return { registry: NAMELESS, repository: name || "build" };
}

/** The part of a path that is the same on every platform. */
function beforePlatform(path: string): string {
  const [plain = ""] = path.split("{");
  return plain === path ? path : plain.slice(0, plain.lastIndexOf("/"));
}

/** The platform of a build that is meant: the one that is asked for, unless it says others. */
function chooseAmong(platforms: readonly string[] | undefined, wanted: Platform): string {
  if (platforms === undefined) return formatPlatform(wanted);
  const built = platforms.map((text) => ({ platform: parsePlatform(text) }));
  const found = bestMatch(built, wanted);
  if (found === undefined) {
    throw new PlatformError(
      `Cannot build for ${formatPlatform(wanted)}, which the cluster runs: expected it among the ` +
        `build's platforms, got ${platforms.join(", ")}`,
      platforms,
    );
  }
  return formatPlatform(found.platform);
}
