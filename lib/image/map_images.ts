import { ANNOTATION } from "../oci/annotations.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, digestBytes } from "../oci/digest.ts";
import { setJson } from "../oci/json.ts";
import { parseIndex } from "../oci/image_index.ts";
import { UnsupportedError } from "../errors.ts";
import type { Image, Index, View } from "./image.ts";
import { remember } from "./remember.ts";

/** An edit of one image. */
export type EditOfImage = (image: Image, descriptor: Descriptor) => Image | Promise<Image>;

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
export async function mapImages(view: View, edit: EditOfImage): Promise<View> {
  return await mapOnce(view, edit, new Map());
}

/** The views that were edited, so that what indexes list again and again is edited once. */
type Edited = Map<View, Promise<View>>;

async function mapOnce(view: View, edit: EditOfImage, edited: Edited): Promise<View> {
  if (view.kind === "image") return await edit(view, await view.descriptor());
  if (view.kind === "index") return new MappedIndex(view, edit, edited);
  const { mediaType, digest } = await view.descriptor();
  throw new UnsupportedError(
    `Cannot edit "${digest}": expected an image or an index, got "${mediaType}"`,
  );
}

/** Says whether an entry of an index is about another entry (an attestation) and no image itself. */
export function isAttestation(descriptor: Descriptor): boolean {
  return descriptor.annotations?.[ANNOTATION.attestationSubject] !== undefined ||
    (descriptor.platform?.os === "unknown" && descriptor.platform.architecture === "unknown");
}

class MappedIndex implements Index {
  readonly kind = "index";
  readonly #base: Index;
  readonly #edit: EditOfImage;
  readonly #edited: Edited;
  readonly #bytes: () => Promise<Uint8Array>;
  readonly #children: () => Promise<readonly View[]>;

  constructor(base: Index, edit: EditOfImage, edited: Edited) {
    this.#base = base;
    this.#edit = edit;
    this.#edited = edited;
    this.#children = remember(async () => {
      const children = await this.#base.children();
      return await Promise.all(children.map((child) => this.#editChild(child)));
    });
    this.#bytes = remember(() => this.#editBytes());
  }

  async descriptor(): Promise<Descriptor> {
    const { data: _, ...descriptor } = await this.#base.descriptor();
    const bytes = await this.#bytes();
    return { ...descriptor, digest: await digestBytes(bytes), size: bytes.length };
  }

  manifest(): Promise<Uint8Array> {
    return this.#bytes();
  }

  children(): Promise<readonly View[]> {
    return this.#children();
  }

  #editChild(child: View): Promise<View> {
    const editing = this.#edited.get(child) ?? this.#editNew(child);
    this.#edited.set(child, editing);
    editing.catch(() => this.#edited.delete(child));
    return editing;
  }

  async #editNew(child: View): Promise<View> {
    if (child.kind === "blob" || isAttestation(await child.descriptor())) return child;
    return await mapOnce(child, this.#edit, this.#edited);
  }

  async #editBytes(): Promise<Uint8Array> {
    const base = await this.#base.manifest();
    const { manifests } = parseIndex(base);
    let text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(base);
    const moved = new Map<string, Digest>();
    for (const [position, child] of (await this.#children()).entries()) {
      const before = manifests[position];
      const after = await child.descriptor();
      if (before === undefined || after.digest === before.digest) continue;
      moved.set(before.digest, after.digest);
      text = setJson(text, ["manifests", position, "digest"], after.digest);
      text = setJson(text, ["manifests", position, "size"], after.size);
    }
    for (const [position, { annotations }] of manifests.entries()) {
      const subject = moved.get(annotations?.[ANNOTATION.attestationSubject] ?? "");
      if (subject === undefined) continue;
      const path = ["manifests", position, "annotations", ANNOTATION.attestationSubject];
      text = setJson(text, path, subject);
    }
    return new TextEncoder().encode(text);
  }
}
