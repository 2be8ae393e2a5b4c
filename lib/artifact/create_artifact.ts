import { FileError } from "../errors.ts";
import type { Image } from "../image/image.ts";
import { openView } from "../image/open_view.ts";
import { ANNOTATION, type Annotations } from "../oci/annotations.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { digestBytes } from "../oci/digest.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import { present } from "../oci/present.ts";
import { ArtifactFiles, inputFailure } from "./artifact_files.ts";
import { checkTitle } from "./title.ts";

/** One file or directory of an artifact. */
export interface ArtifactFile {
  /** Where it is on this machine. A directory is packed as a compressed tar. */
  readonly path: string;
  /** What it is called where it is pulled; its path unless said. */
  readonly title?: string;
  /** What it is; of OCI's layer types unless said. */
  readonly mediaType?: string;
  /** Metadata besides. */
  readonly annotations?: Annotations;
}

/** Options of {@linkcode createArtifact}. */
export interface ArtifactOptions {
  /** The kind of artifact; `application/vnd.unknown.artifact.v1` unless said or the config says. */
  readonly artifactType?: string;
  /** Its files; of one without any, its annotations are all there is. */
  readonly files?: readonly ArtifactFile[];
  /** A config; OCI's empty one unless said. */
  readonly config?: { readonly path: string; readonly mediaType: string };
  /** The manifest that it is about. */
  readonly subject?: Descriptor;
  /** Metadata of the artifact. */
  readonly annotations?: Annotations;
}

const UNKNOWN_TYPE = "application/vnd.unknown.artifact.v1";
const EMPTY_BYTES = new TextEncoder().encode("{}");
const EMPTY: Descriptor = {
  mediaType: MEDIA_TYPE.ociEmpty,
  digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  size: EMPTY_BYTES.length,
  data: "e30=",
};

/**
 * Makes an artifact of files: what `copy` takes anywhere an image can go. Each file is read once
 * now, to learn its digest, and again when it is sent.
 *
 * @throws {NotFoundError} When a file is not there.
 * @throws {FileError} When a file cannot be read, or two have one title.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage image-spec, artifacts}
 * @example
 * ```ts
 * import { createArtifact } from "@davit/davit/artifact";
 * import { copy, MemoryStore } from "@davit/davit/store";
 *
 * const artifact = await createArtifact({
 *   artifactType: "application/vnd.example.note",
 *   annotations: { note: "nothing but this" },
 * });
 * await using store = new MemoryStore();
 * await copy(artifact, store, { names: ["note"] });
 * await store.commit();
 * ```
 */
export async function createArtifact(options: ArtifactOptions): Promise<Image> {
  const { files = [], subject, annotations } = options;
  const contents = new ArtifactFiles();
  contents.addBytes(EMPTY.digest, EMPTY_BYTES);
  const config = options.config === undefined
    ? EMPTY
    : { mediaType: options.config.mediaType, ...await contents.addFile(options.config.path) };
  const layers: Descriptor[] = [];
  for (const file of files) layers.push(await addFile(contents, file));
  refuseTwins(layers, files);
  const manifest = present({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    artifactType: options.artifactType ?? (options.config === undefined ? UNKNOWN_TYPE : undefined),
    config,
    layers: layers.length === 0 ? [EMPTY] : layers,
    subject: subject === undefined ? undefined : nameOnly(subject),
    annotations: annotations === undefined || Object.keys(annotations).length === 0
      ? undefined
      : annotations,
  });
  const bytes = new TextEncoder().encode(JSON.stringify(manifest));
  const digest = await digestBytes(bytes);
  contents.addBytes(digest, bytes);
  return openView(contents, {
    mediaType: MEDIA_TYPE.ociManifest,
    digest,
    size: bytes.length,
  }) as Image;
}

async function addFile(contents: ArtifactFiles, file: ArtifactFile): Promise<Descriptor> {
  const { path, mediaType, annotations } = file;
  const title = checkTitle(file.title ?? titleOf(path));
  const isDirectory = await Deno.stat(path).then((info) => info.isDirectory, (cause) => {
    throw inputFailure(path, cause);
  });
  if (!isDirectory) {
    const { digest, size } = await contents.addFile(path);
    return {
      mediaType: mediaType ?? MEDIA_TYPE.ociLayer,
      digest,
      size,
      annotations: { ...annotations, [ANNOTATION.title]: title },
    };
  }
  const { blob, tarDigest } = await contents.addDirectory(path, `/${title}`);
  return {
    mediaType: mediaType ?? MEDIA_TYPE.ociLayerGzip,
    ...blob,
    annotations: {
      ...annotations,
      [ANNOTATION.orasDigest]: tarDigest,
      [ANNOTATION.orasUnpack]: "true",
      [ANNOTATION.title]: title,
    },
  };
}

/** A relative path as it was given, without `./` and the slash of a directory; else its last part. */
function titleOf(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return path.startsWith("/") ? parts.at(-1) ?? "" : parts.join("/");
}

function refuseTwins(layers: readonly Descriptor[], files: readonly ArtifactFile[]): void {
  const seen = new Set<string>();
  for (const [position, { annotations = {} }] of layers.entries()) {
    const title = annotations[ANNOTATION.title] ?? "";
    const path = files[position]?.path ?? title;
    if (seen.has(title)) {
      throw new FileError(
        `Cannot put "${path}" into the artifact: expected titles that differ, got "${title}" twice`,
        path,
      );
    }
    seen.add(title);
  }
}

/** A subject is named by what it is; what an index says of it besides is the index's. */
function nameOnly({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
