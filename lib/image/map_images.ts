import { ANNOTATION } from "../oci/annotations.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, digestBytes } from "../oci/digest.ts";
import { type JsonPath, removeJson, setJson } from "../oci/json.ts";
import { parseIndex } from "../oci/image_index.ts";
import { UnsupportedError } from "../errors.ts";
import { isSameContent, setDescriptor } from "./descriptor_texts.ts";
import type { Image, Index, Outline, View } from "./image.ts";
import { remember } from "./remember.ts";

/** An edit of one image. */
export type EditOfImage = (image: Image, descriptor: Descriptor) => Image | Promise<Image>;

/** Options of {@linkcode mapImages}. */
export interface MapImagesOptions {
  /**
   * Edits the JSON text of each index, once the descriptors in it are up to date.
   *
   * @param depth 0 for the index itself, 1 for one that it lists.
   */
  readonly index?: (text: string, depth: number) => string;
}

/**
 * Applies an edit to an image, or to every image of an index: the index stays an index, with its
 * order, annotations and unknown fields. Attestations stay as they are, and follow the image that
 * they are about to its new digest.
 *
 * @param view What is edited; a blob is refused.
 * @example
 * ```ts
 * import { configureImage, emptyImage, mapImages } from "@davit/davit/image";
 *
 * const labelled = await mapImages(
 *   emptyImage(),
 *   (image) => configureImage(image, { labels: { team: "deck" } }),
 * );
 * console.assert(labelled.kind === "image");
 * ```
 */
export async function mapImages(
  view: View,
  edit: EditOfImage,
  options: MapImagesOptions = {},
): Promise<View> {
  return await mapOnce(view, { edit, edited: new Map(), ...options }, 0);
}

/** One mapping of a whole graph. */
interface Mapping extends MapImagesOptions {
  readonly edit: EditOfImage;
  /** The views that were edited, so that what indexes list again and again is edited once. */
  readonly edited: Map<View, Promise<View>>;
}

async function mapOnce(view: View, mapping: Mapping, depth: number): Promise<View> {
  if (view.kind === "image") return await mapping.edit(view, await view.descriptor());
  if (view.kind === "index") return new MappedIndex(view, mapping, depth);
  const { mediaType, digest } = await view.descriptor();
  throw new UnsupportedError(
    `Cannot edit "${digest}": expected an image or an index, got "${mediaType}"`,
  );
}

/** Says whether an entry of an index is about another entry (an attestation) and no image itself. */
export function isAttestation(descriptor: Outline): boolean {
  return descriptor.annotations?.[ANNOTATION.attestationSubject] !== undefined ||
    (descriptor.platform?.os === "unknown" && descriptor.platform.architecture === "unknown");
}

class MappedIndex implements Index {
  readonly kind = "index";
  readonly #base: Index;
  readonly #mapping: Mapping;
  readonly #depth: number;
  readonly #bytes: () => Promise<Uint8Array>;
  readonly #children: () => Promise<readonly View[]>;

  constructor(base: Index, mapping: Mapping, depth: number) {
    this.#base = base;
    this.#mapping = mapping;
    this.#depth = depth;
    this.#children = remember(async () => {
      const children = await this.#base.children();
      return await Promise.all(children.map((child) => this.#editChild(child)));
    });
    this.#bytes = remember(() => this.#editBytes());
  }

  async descriptor(): Promise<Descriptor> {
    const { data: _, ...descriptor } = await this.#base.descriptor();
    const bytes = await this.#bytes();
    const { mediaType = descriptor.mediaType } = parseIndex(bytes);
    return { ...descriptor, mediaType, digest: await digestBytes(bytes), size: bytes.length };
  }

  manifest(): Promise<Uint8Array> {
    return this.#bytes();
  }

  children(): Promise<readonly View[]> {
    return this.#children();
  }

  #editChild(child: View): Promise<View> {
    const { edited } = this.#mapping;
    const editing = edited.get(child) ?? this.#editNew(child);
    edited.set(child, editing);
    editing.catch(() => edited.delete(child));
    return editing;
  }

  async #editNew(child: View): Promise<View> {
    if (child.kind === "blob" || isAttestation(await child.descriptor())) return child;
    return await mapOnce(child, this.#mapping, this.#depth + 1);
  }

  async #editBytes(): Promise<Uint8Array> {
    const base = await this.#base.manifest();
    const { manifests } = parseIndex(base);
    let text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(base);
    const moved = new Map<string, Digest>();
    for (const [position, child] of (await this.#children()).entries()) {
      const before = manifests[position];
      const after = await child.descriptor();
      if (before === undefined) continue;
      text = setPlatform(text, ["manifests", position, "platform"], before, after);
      if (isSameContent(before, after)) continue;
      moved.set(before.digest, after.digest);
      const { mediaType, digest, size } = after;
      const isEmbedded = before.data !== undefined && child.kind !== "blob";
      const data = isEmbedded ? { data: (await child.manifest()).toBase64() } : {};
      text = setDescriptor(text, ["manifests", position], { mediaType, digest, size, ...data });
    }
    for (const [position, { annotations }] of manifests.entries()) {
      const subject = moved.get(annotations?.[ANNOTATION.attestationSubject] ?? "");
      if (subject === undefined) continue;
      const path = ["manifests", position, "annotations", ANNOTATION.attestationSubject];
      text = setJson(text, path, subject);
    }
    return new TextEncoder().encode(this.#mapping.index?.(text, this.#depth) ?? text);
  }
}

/** Writes what changed of a platform; what an index says of one besides stays. */
function setPlatform(text: string, path: JsonPath, before: Descriptor, after: Descriptor): string {
  for (const field of ["os", "architecture", "variant", "os.version", "os.features"] as const) {
    const value = after.platform?.[field];
    if (JSON.stringify(value) === JSON.stringify(before.platform?.[field])) continue;
    text = value === undefined
      ? removeJson(text, [...path, field])
      : setJson(text, [...path, field], value);
  }
  return text;
}
