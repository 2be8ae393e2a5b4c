import { type Digest, isDigest } from "../oci/digest.ts";

/** How containerd labels what a manifest refers to. */
const CHILD = "containerd.io/gc.ref.content.";

/** How it labels a layer that it has unpacked, with the digest of the tar. */
const TAR = "containerd.io/uncompressed";

/** A layer as a node has it. */
export interface HeldLayer {
  /** The blob. */
  readonly digest: Digest;
  /** A manifest that describes it. */
  readonly manifest: Digest;
}

/** The content of a node, and how it hangs together, as far as labels tell. */
export class NodeContent {
  readonly #labels = new Map<string, ReadonlyMap<string, string>>();

  /** @param listing What `ctr content ls` prints. */
  constructor(listing: string) {
    for (const line of listing.split("\n")) {
      const words = line.trim().split(/\s+/);
      const digest = words[0] ?? "";
      if (isDigest(digest)) this.#labels.set(digest, parseLabels(words.at(-1) ?? ""));
    }
  }

  /** Says whether the content is there. */
  has(digest: Digest): boolean {
    return this.#labels.has(digest);
  }

  /** Notes that content has come. */
  add(digest: Digest): void {
    if (!this.has(digest)) this.#labels.set(digest, new Map());
  }

  /** The manifest of an image that is all there, by its own digest or that of its config. */
  imageOf(id: Digest): Digest | undefined {
    return this.#manifests().find(([manifest, children]) =>
      (manifest === id || children.includes(id)) && children.every((child) => this.has(child))
    )?.[0];
  }

  /** The blob that a layer's tar is in: the tar itself, if that is there. */
  layerOf(tar: Digest): HeldLayer | undefined {
    const compressed = [...this.#labels].flatMap(([digest, labels]) =>
      digest !== tar && labels.get(TAR) === tar && isDigest(digest) ? [digest] : []
    );
    const blobs = this.has(tar) ? [tar] : compressed;
    for (const [manifest, children] of this.#manifests()) {
      const digest = blobs.find((blob) => children.includes(blob));
      if (digest !== undefined) return { digest, manifest };
    }
  }

  /** All manifests with what they refer to. */
  #manifests(): (readonly [Digest, readonly Digest[]])[] {
    return [...this.#labels].flatMap(([digest, labels]) => {
      const children = [...labels].flatMap(([key, value]) =>
        key.startsWith(CHILD) && isDigest(value) ? [value] : []
      );
      return isDigest(digest) && children.length > 0 ? [[digest, children] as const] : [];
    });
  }
}

/** Labels as `ctr` prints them; a comma may be part of a value, of which none here has one. */
function parseLabels(text: string): Map<string, string> {
  return new Map(
    text.split(",").flatMap((label) => {
      const equals = label.indexOf("=");
      return equals < 0 ? [] : [[label.slice(0, equals), label.slice(equals + 1)] as const];
    }),
  );
}
