import { ANNOTATION } from "../oci/annotations.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseIndex } from "../oci/image_index.ts";
import { jsonItems } from "../oci/json_items.ts";
import { parseManifest } from "../oci/manifest.ts";
import { isImageConfigType } from "../oci/media_type.ts";
import type { Platform } from "../oci/platform.ts";
import { present } from "../oci/present.ts";
import type { Image, Index, View } from "./image.ts";
import { platformOf } from "./select.ts";

/** One thing that an index lists, with all that the index says of it. */
export interface IndexMember {
  /** What it is. */
  readonly view: View;
  /** What the index says, as far as it is known here. */
  readonly descriptor: Descriptor;
  /** All that the index says, unknown members and the digits of numbers included. */
  readonly listed: unknown;
}

/** Lists what an index says of its children, in its order. */
export async function membersOf(index: Index): Promise<readonly IndexMember[]> {
  const bytes = await index.manifest();
  const { manifests } = parseIndex(bytes);
  const items = jsonItems(new TextDecoder().decode(bytes), ["manifests"]);
  const children = await index.children();
  return manifests.flatMap((descriptor, position) => {
    const view = children[position];
    return view === undefined ? [] : [{ view, descriptor, listed: items[position] }];
  });
}

/**
 * Describes a view that stands alone as an index would list it: with the platform that its config
 * names, and without the name that it had where it comes from.
 */
export async function memberOf(view: View): Promise<IndexMember> {
  const { mediaType, size, digest, urls, annotations, ...rest } = await view.descriptor();
  const { [ANNOTATION.refName]: _, [ANNOTATION.containerdImageName]: __, ...kept } = annotations ??
    {};
  const descriptor: Descriptor = present({
    mediaType,
    size,
    digest,
    urls,
    annotations: Object.keys(kept).length === 0 ? undefined : kept,
    platform: await runsOn(view) ?? rest.platform,
    artifactType: view.kind === "image" ? await artifactTypeOf(view) : rest.artifactType,
  });
  return { view, descriptor, listed: descriptor };
}

/** What a view runs on, as its config says. */
export async function runsOn(view: View): Promise<Platform | undefined> {
  return view.kind === "image" ? await platformOf(view) : undefined;
}

/** The manifest that a member of an index is about, when it is an attestation. */
export function subjectOf({ descriptor }: IndexMember): string | undefined {
  return descriptor.annotations?.[ANNOTATION.attestationSubject];
}

/** An artifact is told in an index; an ordinary image is not one. */
async function artifactTypeOf(image: Image): Promise<string | undefined> {
  const { artifactType, config } = parseManifest(await image.manifest());
  return artifactType ?? (isImageConfigType(config.mediaType) ? undefined : config.mediaType);
}
