import { DavitError, DigestMismatchError, NotFoundError, SizeMismatchError } from "../errors.ts";
import type { Image } from "../image/image.ts";
import { isAttestation } from "../image/map_images.ts";
import { type ImageConfig, parseConfig } from "../oci/config.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, digestBytes } from "../oci/digest.ts";
import type { Manifest } from "../oci/manifest.ts";
import { compressionOf, familyOf, isImageConfigType } from "../oci/media_type.ts";
import { formatPlatform, normalizePlatform, type Platform } from "../oci/platform.ts";
import { present } from "../oci/present.ts";
import type { Check, Fault, Severity } from "./validation.ts";

/** What a config says of its layers, and what is wrong with it. */
export interface ConfigCheck {
  /** The diff IDs; of an image config only, and only when there is one for each layer. */
  readonly diffIds?: readonly Digest[];
  /** What is wrong with the config, and with what the manifest says around it. */
  readonly faults: readonly Fault[];
}

/** Checks the config of an image, and what manifest and index say of it. */
export async function checkConfig(
  image: Image,
  manifest: Manifest,
  descriptor: Descriptor,
): Promise<ConfigCheck> {
  try {
    const bytes = await image.config();
    const { digest, size, mediaType } = manifest.config;
    if (bytes.length !== size) throw new SizeMismatchError(size, bytes.length, { digest });
    const actual = await digestBytes(bytes, algorithmOf(digest));
    if (actual !== digest) throw new DigestMismatchError(digest, actual);
    if (!isImageConfigType(mediaType)) return { faults: [] };
    const config = parseConfig(bytes);
    const { diff_ids: diffIds } = config.rootfs;
    const isWhole = diffIds.length === manifest.layers.length;
    return {
      ...(isWhole ? { diffIds } : {}),
      faults: [
        ...checkCounts(config, manifest),
        ...checkTypes(manifest, descriptor),
        ...checkPlatform(config, descriptor),
      ],
    };
  } catch (error) {
    if (!(error instanceof DavitError)) throw error;
    return { faults: [fault(checkOf(error), error.message)] };
  }
}

function checkOf(error: DavitError): Check {
  if (error instanceof NotFoundError) return "missing";
  if (error instanceof DigestMismatchError) return "digest";
  return error instanceof SizeMismatchError ? "size" : "document";
}

function* checkCounts({ rootfs, history }: ImageConfig, { layers }: Manifest): Generator<Fault> {
  const count = rootfs.diff_ids.length;
  if (count !== layers.length) {
    yield fault("layer-count", `expected ${layers.length} diff_ids, a layer each, got ${count}`);
  }
  const told = history?.filter((step) => step.empty_layer !== true).length ?? 0;
  if (told > 0 && told !== layers.length) {
    const message = `expected history of ${layers.length} layers, got ${told} entries with one`;
    yield fault("layer-count", message, "warning");
  }
}

function* checkTypes({ config, layers }: Manifest, descriptor: Descriptor): Generator<Fault> {
  const { mediaType } = descriptor;
  if (familyOf(mediaType) !== familyOf(config.mediaType)) {
    const message = `expected the config of a "${mediaType}", got "${config.mediaType}"`;
    yield fault("media-type", message, "warning");
  }
  if (isAttestation(descriptor)) return;
  for (const [position, layer] of layers.entries()) {
    if (compressionOf(layer.mediaType) !== undefined) continue;
    const message = `expected a layer as number ${position + 1}, got "${layer.mediaType}"`;
    yield fault("media-type", message, "warning");
  }
}

function* checkPlatform(config: ImageConfig, { platform }: Descriptor): Generator<Fault> {
  if (platform === undefined || platform.os === "" && platform.architecture === "") return;
  const { os, architecture, variant } = config;
  const own: Platform = present({
    os,
    architecture,
    variant,
    "os.version": config["os.version"],
  });
  const [told, said] = [normalizePlatform(platform), normalizePlatform(own)];
  const isSame = told.os === said.os && told.architecture === said.architecture &&
    (told.variant ?? "") === (said.variant ?? "") &&
    (told["os.version"] ?? "") === (said["os.version"] ?? "");
  if (isSame) return;
  yield fault(
    "platform",
    `expected ${formatPlatform(platform)}, as the index says, got ` +
      (os === "" && architecture === "" ? "a config that names none" : formatPlatform(own)),
  );
}

function fault(check: Check, message: string, severity: Severity = "error"): Fault {
  return { check, severity, message };
}
