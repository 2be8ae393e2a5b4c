import type { Image } from "../image/image.ts";
import { BlobLayer } from "../layer/blob_layer.ts";
import { drain } from "../layer/drain.ts";
import { LeftOutLayer } from "../docker/left_out_layer.ts";
import { ClusterError } from "../errors.ts";
import type { Layer } from "../layer/layer.ts";
import type { Digest } from "../oci/digest.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { familyOf, layerMediaType } from "../oci/media_type.ts";
import { measure } from "../stream/measure.ts";
import type { NodeImages } from "./node_images.ts";
import { settle } from "./settle.ts";

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

/**
 * Has a node describe layers that it holds, which {@linkcode settleImage} will ask for.
 *
 * @param diffIds The digests of the layers' tars.
 */
export async function describeLayers(diffIds: readonly Digest[], node: NodeImages): Promise<void> {
  await settle(diffIds.map((diffId) => describeHeld(diffId, node)));
}

async function settleLayer(layer: Layer, node: NodeImages): Promise<Layer> {
  if (layer.descriptor !== undefined) return layer;
  if (layer instanceof LeftOutLayer) return await settleLeftOut(layer, node);
  const tar = await tarOf(layer);
  const plain = { mediaType: plainTypeOf(layer), ...tar };
  const diffId = () => Promise.resolve(tar.digest);
  const held = node.has(tar.digest) ? undefined : await describeHeld(tar.digest, node);
  if (held !== undefined) return new BlobLayer({ descriptor: held, origin: node, diffId });
  const origin = { fetch: () => Promise.resolve(layer.uncompressed()) };
  return new BlobLayer({ descriptor: plain, origin, diffId });
}

/** A layer that was not asked for, because the node has it. */
async function settleLeftOut(layer: LeftOutLayer, node: NodeImages): Promise<Layer> {
  const tar = await layer.diffId();
  const held = await describeHeld(tar, node);
  if (held === undefined) {
    throw new ClusterError(
      `Cannot find layer ${tar} in "${node.node}": expected it to be there still, got none`,
      { node: node.node },
    );
  }
  const descriptor = held.digest === tar ? { ...held, mediaType: plainTypeOf(layer) } : held;
  return new BlobLayer({ descriptor, origin: node, diffId: () => layer.diffId() });
}

function plainTypeOf({ mediaType }: Layer): string {
  return layerMediaType(familyOf(mediaType), "none");
}

/** What a manifest of the node says of the blob that it has a tar in; of the tar itself, if it has it. */
async function describeHeld(tar: Digest, node: NodeImages): Promise<Descriptor | undefined> {
  const held = node.layerOf(tar);
  if (held === undefined || !node.has(held.digest)) return undefined;
  const layers = await node.layersOf(held.manifest);
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
