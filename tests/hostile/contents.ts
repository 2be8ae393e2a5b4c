import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { type Algorithm, digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";

/** Content by digest, as an attacker lays it out, with what a place lists as its root. */
export interface Contents {
  /** What `index.json`, or a tag, leads to. */
  readonly root: Descriptor;
  /** The bytes behind each digest. They need not hash to it. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/** What an image is made of. What is not said is right. */
export interface ImageSpec {
  /** The layers' bytes, and what the manifest says they are: plain tars unless said. */
  readonly layers?: readonly Uint8Array[];
  readonly layerType?: string;
  /** Fields of the layers' descriptors, in place of the right ones. */
  readonly layer?: Readonly<Record<string, unknown>>;
  /** The diff IDs; the layers' digests unless said. */
  readonly diffIds?: readonly unknown[];
  /** Fields of the config, or its whole text. */
  readonly config?: Readonly<Record<string, unknown>> | string;
  /** Fields of the config's descriptor. */
  readonly configDescriptor?: Readonly<Record<string, unknown>>;
  /** Fields of the manifest, or its whole text. */
  readonly manifest?: Readonly<Record<string, unknown>> | string | Uint8Array;
  /** Fields of the root's descriptor. */
  readonly root?: Partial<Descriptor>;
}

/** The tar with nothing in it. */
export const EMPTY_TAR: Uint8Array = new Uint8Array(1024);

/** An image that is right but for what the specification says. */
export async function imageContents(spec: ImageSpec = {}): Promise<Contents> {
  const { layers = [EMPTY_TAR], layerType = MEDIA_TYPE.ociLayer } = spec;
  const blobs = new Map<string, Uint8Array>();
  const described = await Promise.all(
    layers.map(async (bytes) => ({ ...await keep(blobs, bytes, layerType), ...spec.layer })),
  );
  const diffIds = spec.diffIds ?? await Promise.all(layers.map((bytes) => digestBytes(bytes)));
  const config = toBytes(
    typeof spec.config === "string" ? spec.config : {
      architecture: "amd64",
      os: "linux",
      rootfs: { type: "layers", diff_ids: diffIds },
      ...spec.config,
    },
  );
  const document = toBytes(
    typeof spec.manifest === "string" || spec.manifest instanceof Uint8Array ? spec.manifest : {
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      config: { ...await keep(blobs, config, MEDIA_TYPE.ociConfig), ...spec.configDescriptor },
      layers: described,
      ...spec.manifest,
    },
  );
  const root = { ...await keep(blobs, document, MEDIA_TYPE.ociManifest), ...spec.root };
  return { root, blobs };
}

/** An index over contents, with fields of its own; its children's blobs come along. */
export async function indexContents(
  children: readonly Contents[],
  fields: Readonly<Record<string, unknown>> = {},
): Promise<Contents> {
  const blobs = new Map(children.flatMap((child) => [...child.blobs]));
  const manifests = children.map(({ root }) => root);
  const document = toBytes({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociIndex,
    manifests,
    ...fields,
  });
  return { root: await keep(blobs, document, MEDIA_TYPE.ociIndex), blobs };
}

/** Indexes one within the other, each listing the one below it as often as said. */
async function towerOf(levels: number, width: number): Promise<Contents> {
  const { root: image, blobs } = await imageContents();
  const kept = new Map(blobs);
  let root = image;
  for (let level = 0; level < levels; level++) {
    const manifests = Array.from({ length: width }, () => root);
    const annotations = { level: String(level) };
    const mediaType = MEDIA_TYPE.ociIndex;
    const index = toBytes({ schemaVersion: 2, mediaType, manifests, annotations });
    root = await keep(kept, index, mediaType);
  }
  return { root, blobs: kept };
}

/** Indexes that list the one below twice: few bytes, but 2^levels ways to the image. */
export function diamondOf(levels: number): Promise<Contents> {
  return towerOf(levels, 2);
}

/** Indexes that list one index each. */
export function chainOf(levels: number): Promise<Contents> {
  return towerOf(levels, 1);
}

/** An index that lists itself, which no hash allows: its digest is made up. */
export function selfReference(): Promise<Contents> {
  const digest = `sha256:${"0".repeat(64)}` as const;
  const mediaType = MEDIA_TYPE.ociIndex;
  const listing = (size: number) =>
    toBytes({ schemaVersion: 2, mediaType, manifests: [{ mediaType, digest, size }] });
  const bytes = listing(listing(100).length);
  const root = { mediaType, digest, size: bytes.length };
  return Promise.resolve({ root, blobs: new Map([[digest, bytes]]) });
}

/** Describes bytes and puts them under their digest. */
export async function keep(
  blobs: Map<string, Uint8Array>,
  bytes: Uint8Array,
  mediaType: string,
  algorithm: Algorithm = "sha256",
): Promise<Descriptor> {
  const digest = await digestBytes(bytes, algorithm);
  blobs.set(digest, bytes);
  return { mediaType, digest, size: bytes.length };
}

/** The bytes of text, or of JSON. */
export function toBytes(content: Uint8Array | string | object): Uint8Array<ArrayBuffer> {
  if (content instanceof Uint8Array) return new Uint8Array(content);
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return new TextEncoder().encode(text);
}
