import type { Image, View } from "../image/image.ts";
import { openView } from "../image/open_view.ts";
import { selectImage } from "../image/select.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Digest } from "../oci/digest.ts";
import { parseManifest } from "../oci/manifest.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import { containerdName, parseReference } from "../oci/reference.ts";
import type { NodeImages } from "./node_images.ts";
import { settleImage } from "./settle_image.ts";

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
  /** Opens it; called again for each time that its bytes are needed. */
  readonly open: () => Promise<View>;
}

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
  given: NamedView | KnownImage,
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
  given: NamedView | KnownImage,
  node: NodeImages,
  options: CallOptions,
): Promise<Image> {
  const view = "view" in given ? given.view : await given.open();
  return await settleImage(await selectImage(view, node.platform, options), node);
}

/** The image that the node itself has, to give it another name. */
async function openHeld(digest: Digest, node: NodeImages): Promise<Image> {
  const bytes = await new Response(await node.fetch({ digest })).bytes();
  const { mediaType = MEDIA_TYPE.ociManifest } = parseManifest(bytes);
  return await selectImage(openView(node, { mediaType, digest, size: bytes.length }));
}
