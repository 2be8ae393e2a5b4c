import type { Annotations } from "./annotations.ts";
import { type Digest, isDigest } from "./digest.ts";
import { DocumentField } from "./document_field.ts";
import { JSON_ROOT } from "./json_path.ts";
import type { Platform } from "./platform.ts";
import { present } from "./present.ts";

/**
 * Names content by what it is: its type, digest and size.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/descriptor.md image-spec, descriptor}
 */
export interface Descriptor {
  /** What the bytes are. */
  readonly mediaType: string;
  /** What the bytes hash to. */
  readonly digest: Digest;
  /** How many bytes there are. */
  readonly size: number;
  /** Where a non-distributable layer can be fetched. */
  readonly urls?: readonly string[];
  /** Metadata of this use of the content. */
  readonly annotations?: Annotations;
  /** The content itself, base64, when it is embedded. */
  readonly data?: string;
  /** The kind of artifact a manifest describes. */
  readonly artifactType?: string;
  /** What the image runs on, in an index. */
  readonly platform?: Platform;
}

/**
 * Reads a descriptor from a parsed JSON document. Unknown members are passed over; null counts as
 * absent.
 *
 * @param path Where the value stands in its document, for the error: `$.manifests[0]`.
 * @throws {DocumentError} When a member breaks image-spec, the digest is of an algorithm that
 * cannot be verified here, or embedded data has another size.
 * @example
 * ```ts
 * import { parseDescriptor } from "@davit/davit/oci";
 *
 * const { size } = parseDescriptor({
 *   mediaType: "application/vnd.oci.empty.v1+json",
 *   digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
 *   size: 2,
 * });
 * console.assert(size === 2);
 * ```
 */
export function parseDescriptor(value: unknown, path: string = JSON_ROOT): Descriptor {
  return readDescriptor(new DocumentField("descriptor", value, path));
}

const MEMBERS = [
  "mediaType",
  "digest",
  "size",
  "urls",
  "annotations",
  "data",
  "artifactType",
  "platform",
] as const satisfies readonly (keyof Descriptor)[];

/** Reads a descriptor inside a document that is being read. */
export function readDescriptor(field: DocumentField): Descriptor {
  field.refuseLookalikes(MEMBERS);
  const size = field.member("size").integer(0);
  return present({
    mediaType: field.member("mediaType").string(),
    digest: readDigest(field.member("digest")),
    size,
    urls: field.member("urls").optional((urls) => urls.strings()),
    annotations: field.member("annotations").optional((map) => map.stringMap()),
    data: field.member("data").optional((data) => readData(data, size)),
    artifactType: field.member("artifactType").optional((type) => type.string()),
    platform: field.member("platform").optional(readPlatform),
  });
}

/** Reads a digest inside a document that is being read. */
export function readDigest(field: DocumentField): Digest {
  const text = field.string();
  if (isDigest(text)) return text;
  throw field.unexpected('"sha256:" and 64 lower-case hex digits, or "sha512:" and 128');
}

function readData(field: DocumentField, size: number): string {
  const text = field.string();
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw field.unexpected("base64");
  if (bytes.length !== size) throw field.unexpected(`base64 of ${size} bytes, as its size says`);
  return text;
}

function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch {
    return undefined;
  }
}

/** An index may say too little of a platform; such an entry is listed but never chosen. */
function readPlatform(field: DocumentField): Platform {
  return present({
    os: field.member("os").optional((os) => os.string()) ?? "",
    architecture: field.member("architecture").optional((name) => name.string()) ?? "",
    variant: field.member("variant").optional((variant) => variant.string()),
    "os.version": field.member("os.version").optional((version) => version.string()),
    "os.features": field.member("os.features").optional((features) => features.strings()),
    features: field.member("features").optional((features) => features.strings()),
  });
}
