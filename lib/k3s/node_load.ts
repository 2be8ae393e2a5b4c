import type { Image, View } from "../image/image.ts";
import { openView } from "../image/open_view.ts";
import { selectImage } from "../image/select.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Digest } from "../oci/digest.ts";
import { parseManifest } from "../oci/manifest.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import { containerdName, parseReference } from "../oci/reference.ts";
import type { NodeImages } from "./node_images.ts";
import { settle } from "./settle.ts";
import { describeLayers, settleImage } from "./settle_image.ts";

/** An image on its way into a cluster. */
export interface NamedView {
  /** The image; of an index, the image for the nodes' platform is taken. */
  readonly view: View;
  /** What it is called there, in full: `registry.example/app:v1`. */
  readonly names: readonly string[];
}

/** An image on its way into a cluster that is opened when a node lacks it, and not before. */
export interface KnownImage {
  /** The digest of its config, or of its manifest. */
  readonly id: Digest;
  /** What it is called there, in full. */
  readonly names: readonly string[];
  /** The digests of its layers' tars, base first, when they are known. */
  readonly diffIds?: readonly Digest[];
  /**
   * Opens it; called again for each time that its bytes are needed.
   *
   * @param isHeld Says which layers need not be there, by their diff IDs; none unless said.
   */
  readonly open: (isHeld?: (diffId: Digest) => boolean) => Promise<View>;
}

/** A {@linkcode KnownImage} that is opened for some nodes. */
export type OpeningImage = Omit<KnownImage, "open"> & { readonly open: () => Promise<View> };

/** An image for one node. */
export interface NodeLoad {
  /** What it is called there, as containerd writes it. */
  readonly names: readonly string[];
  /** The manifest that its names are to stand for. */
  readonly digest: Digest;
  /** The image, unless it is there under all of its names. */
  readonly image?: Image;
}

/**
 * Works out what an image is for a node, to the digest, and whether it must be brought there.
 *
 * @throws {PlatformError} When it is not for the node's platform.
 * @throws {ClusterError} When the node does not tell what it has.
 */
export async function loadFor(
  node: NodeImages,
  given: NamedView | OpeningImage,
  options: CallOptions = {},
): Promise<NodeLoad> {
  const names = given.names.map((name) => containerdName(parseReference(name)));
  const isNamed = (digest: Digest) =>
    names.every((name) => {
      const image = node.imageNamed(name);
      return image?.digest === digest && image.isWhole;
    });
  const held = "id" in given ? node.imageOf(given.id) : undefined;
  if (held !== undefined && isNamed(held)) return { names, digest: held };
  const image = held === undefined
    ? await settled(given, node, options)
    : await openHeld(held, node);
  const { digest } = await image.descriptor();
  return isNamed(digest) ? { names, digest } : { names, digest, image };
}

async function settled(
  given: NamedView | OpeningImage,
  node: NodeImages,
  options: CallOptions,
): Promise<Image> {
  const view = "view" in given ? given.view : await openFor(node, given);
  return await settleImage(await selectImage(view, node.platform, options), node);
}

/** Opens an image, and meanwhile has the node describe what it has of it. */
async function openFor(node: NodeImages, { diffIds = [], open }: OpeningImage): Promise<View> {
  const [view] = await settle([open(), describeLayers(diffIds, node)]);
  return view;
}

/** The image that the node itself has, to give it another name. */
async function openHeld(digest: Digest, node: NodeImages): Promise<Image> {
  const bytes = await new Response(await node.fetch({ digest })).bytes();
  const { mediaType = MEDIA_TYPE.ociManifest } = parseManifest(bytes);
  return await selectImage(openView(node, { mediaType, digest, size: bytes.length }));
}
