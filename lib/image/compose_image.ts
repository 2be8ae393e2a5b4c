import type { Layer } from "../layer/layer.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { digestBytes } from "../oci/digest.ts";
import { MEDIA_TYPE, type MediaFamily } from "../oci/media_type.ts";
import type { Image } from "./image.ts";
import { remember } from "./remember.ts";

/** The parts of {@linkcode composeImage}. */
export interface ImageParts {
  /** The exact bytes of the config. */
  readonly config: Uint8Array;
  /** The layers, base first; as many as the config's `diff_ids`. */
  readonly layers: readonly Layer[];
  /** Whose media types the manifest and config have; `oci` unless said. */
  readonly family?: MediaFamily;
}

/**
 * Makes an image of a config and layers that have no manifest yet. The manifest is written in the
 * field order and compact form that go-containerregistry uses.
 *
 * @example
 * ```ts
 * import { composeImage } from "@davit/davit/image";
 *
 * const config = new TextEncoder().encode('{"os":"linux","architecture":"amd64"}');
 * const image = composeImage({ config, layers: [] });
 * console.assert((await image.configDescriptor()).size === config.length);
 * ```
 */
export function composeImage(parts: ImageParts): Image {
  const { config, layers, family = "oci" } = parts;
  const types = family === "oci"
    ? { manifest: MEDIA_TYPE.ociManifest, config: MEDIA_TYPE.ociConfig }
    : { manifest: MEDIA_TYPE.dockerManifest, config: MEDIA_TYPE.dockerConfig };
  const describeConfig = remember(async (): Promise<Descriptor> => ({
    mediaType: types.config,
    size: config.length,
    digest: await digestBytes(config),
  }));
  const manifest = remember(async () => {
    const document = {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: await describeConfig(),
      layers: await Promise.all(layers.map(describeLayer)),
    };
    return new TextEncoder().encode(JSON.stringify(document));
  });
  return {
    kind: "image",
    manifest,
    outline: () => Promise.resolve({ mediaType: types.manifest }),
    configDescriptor: describeConfig,
    config: () => Promise.resolve(config),
    layers: () => Promise.resolve(layers),
    mapLayers: (map) => composeImage({ ...parts, layers: layers.map(map) }),
    descriptor: remember(async () => {
      const bytes = await manifest();
      return { mediaType: types.manifest, size: bytes.length, digest: await digestBytes(bytes) };
    }),
  };
}

async function describeLayer(layer: Layer): Promise<Descriptor> {
  const { urls, annotations } = layer.descriptor ?? {};
  return {
    mediaType: layer.mediaType,
    size: await layer.size(),
    digest: await layer.digest(),
    ...(urls === undefined ? {} : { urls }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
