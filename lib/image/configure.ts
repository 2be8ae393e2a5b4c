import type { Healthcheck, History } from "../oci/config.ts";
import { removeJson, setJson } from "../oci/json.ts";
import type { Platform } from "../oci/platform.ts";
import { changeConfig } from "./config_text.ts";
import { editImage } from "./edit_image.ts";
import type { Image, View } from "./image.ts";
import { mapImages } from "./map_images.ts";

/** New values by name; `null` takes a name away. */
export type NamedChanges = Readonly<Record<string, string | null>>;

/**
 * What a container made from the image starts as. Only what is named changes, and `null` takes
 * away what was there.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/config.md image-spec, config}
 */
export interface ConfigChanges {
  /** The command's first words. Clears an inherited `cmd` unless that is given too. */
  readonly entrypoint?: readonly string[] | null;
  /** The command, or its arguments behind an entrypoint. */
  readonly cmd?: readonly string[] | null;
  /** Variables, merged: an existing one is replaced in its place. Of Windows, names are upper case. */
  readonly env?: NamedChanges | null;
  /** User, and group after a colon: `1000:1000`, `nobody`. */
  readonly user?: string | null;
  /** Directory in which the command starts. */
  readonly workingDir?: string | null;
  /** Labels, merged. */
  readonly labels?: NamedChanges | null;
  /** Ports, merged: `8080`, `53/udp`. */
  readonly exposedPorts?: readonly string[] | null;
  /** Ports that are exposed no longer. */
  readonly removedPorts?: readonly string[];
  /** Mount points, merged. */
  readonly volumes?: readonly string[] | null;
  /** Mount points that are none any longer. */
  readonly removedVolumes?: readonly string[];
  /** Signal that stops the container: `SIGTERM`. */
  readonly stopSignal?: string | null;
  /** Docker's way to find out whether the container works: what is named of it, merged. */
  readonly healthcheck?: Healthcheck | null;
  /** When the image was made, as RFC 3339. */
  readonly created?: string | null;
  /** Who made it. */
  readonly author?: string | null;
  /** What it runs on; features stay as they are. */
  readonly platform?: Platform;
  /** History entries without a layer. */
  readonly history?: readonly History[];
}

/**
 * Changes what a container starts as; layers stay as they are.
 *
 * @example
 * ```ts
 * import { configureImage, emptyImage } from "@davit/davit/image";
 *
 * const image = configureImage(emptyImage(), { entrypoint: ["/app"], env: { PORT: "8080" } });
 * const config = JSON.parse(new TextDecoder().decode(await image.config()));
 * console.assert(config.config.Env[0] === "PORT=8080");
 * ```
 */
export function configureImage(base: Image, changes: ConfigChanges): Image {
  const { history = [], platform } = changes;
  return editImage(base, {
    history,
    config: (text) => changeConfig(text, changes),
    descriptor: (descriptor) =>
      platform === undefined || descriptor.platform === undefined
        ? descriptor
        : { ...descriptor, platform: { ...featuresOf(descriptor.platform), ...platform } },
  });
}

function featuresOf(platform: Platform): Pick<Platform, "features" | "os.features"> {
  const { os: _os, architecture: _cpu, variant: _variant, "os.version": _version, ...rest } =
    platform;
  return rest;
}

/**
 * Adds annotations to an image's manifest; a key that is there gets the new value, `null` none.
 *
 * @param annotations `null` takes all away.
 */
export function annotateImage(base: Image, annotations: NamedChanges | null): Image {
  return editImage(base, { manifest: (text) => setNames(text, ["annotations"], annotations) });
}

/**
 * Adds annotations to an index itself, not to its images; a key that is there gets the new value,
 * `null` none. An image is left as it is.
 */
export async function annotateIndex(view: View, annotations: NamedChanges): Promise<View> {
  if (view.kind !== "index") return view;
  return await mapImages(view, (image) => image, {
    index: (text, depth) => depth > 0 ? text : setNames(text, ["annotations"], annotations),
  });
}

function setNames(text: string, path: readonly string[], changes: NamedChanges | null): string {
  if (changes === null) return removeJson(text, path);
  return Object.entries(changes).reduce(
    (edited, [key, value]) =>
      value === null ? removeJson(edited, [...path, key]) : setJson(edited, [...path, key], value),
    text,
  );
}
