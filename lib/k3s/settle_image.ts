import type { Image } from "../image/image.ts";
import { BlobLayer } from "../layer/blob_layer.ts";
import { drain } from "../layer/drain.ts";
import type { Layer } from "../layer/layer.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseManifest } from "../oci/manifest.ts";
import { familyOf, layerMediaType } from "../oci/media_type.ts";
import { measure } from "../stream/measure.ts";
import type { NodeImages } from "./node_images.ts";

type Tar = NonNullable<Layer["tar"]>;

/** What layers' tars are, for as long as the layers are there: each is read once. */
const TARS = new WeakMap<Layer, Promise<Tar>>();

/**
 * The image as it is for a node, known to the last digest before a byte moves. A layer that has its
 * form keeps it. One that has not been compressed yet travels plain, for to compress it would be
 * more work; if the node has the same tar in another form, that is the layer's form.
 */
export async function settleImage(image: Image, node: NodeImages): Promise<Image> {
  const layers = await image.layers();
  const settled = new Map(
    await Promise.all(
      layers.map(async (layer) => [layer, await settleLayer(layer, node)] as const),
    ),
  );
  return image.mapLayers((layer) => settled.get(layer) ?? layer);
}

async function settleLayer(layer: Layer, node: NodeImages): Promise<Layer> {
  if (layer.descriptor !== undefined) return layer;
  const tar = await tarOf(layer);
  const plain = { mediaType: layerMediaType(familyOf(layer.mediaType), "none"), ...tar };
  const diffId = () => Promise.resolve(tar.digest);
  const held = node.has(tar.digest) ? undefined : await describeHeld(tar, node);
  if (held !== undefined) return new BlobLayer({ descriptor: held, origin: node, diffId });
  const origin = { fetch: () => Promise.resolve(layer.uncompressed()) };
  return new BlobLayer({ descriptor: plain, origin, diffId });
}

/** What a manifest of the node says of the blob that it has the tar in. */
async function describeHeld({ digest }: Tar, node: NodeImages): Promise<Descriptor | undefined> {
  const held = node.layerOf(digest);
  if (held === undefined || !node.has(held.digest)) return undefined;
  const bytes = await new Response(await node.fetch({ digest: held.manifest })).bytes();
  const { layers } = parseManifest(bytes);
  return layers.find((layer) => layer.digest === held.digest);
}

function tarOf(layer: Layer): Promise<Tar> {
  if (layer.tar !== undefined) return Promise.resolve(layer.tar);
  const known = TARS.get(layer) ?? measureTar(layer);
  TARS.set(layer, known);
  return known;
}

async function measureTar(layer: Layer): Promise<Tar> {
  const { stream, done } = measure(layer.uncompressed());
  await drain(stream);
  return await done;
}
