import { MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { View } from "../image/image.ts";
import type { Destination, Source } from "../store/store.ts";
import { DocumentError, NotFoundError } from "../errors.ts";
import type { ArchiveFiles } from "./archive_files.ts";
import { ArchiveWriter } from "./archive_writer.ts";
import { DOCKER_FLAT_FORM, DOCKER_LAYOUT_FORM } from "./docker_form.ts";
import { openArchive, type OpenedArchive } from "./open_archive.ts";
import { type ArchiveTarget, labelOf, openOutput } from "./open_output.ts";
import { fullRepoTag } from "./repo_tag.ts";
import { parseRepositories, REPOSITORIES } from "./repositories.ts";
import { MANIFEST_JSON, parseSavedImages } from "./saved_image.ts";
import { openSavedImage } from "./saved_view.ts";
import { openV1Image } from "./v1_view.ts";

/** An image that an archive lists. */
interface ListedImage {
  /** What tells it from others: the path of its config, or the ID of its top layer. */
  readonly id: string;
  readonly repoTags: readonly string[];
  open(): Promise<View>;
}

/** An archive of `docker save`, open for reading. */
export class DockerArchive implements Source, AsyncDisposable {
  /** How messages name the archive. */
  readonly label: string;
  readonly #opened: OpenedArchive;
  readonly #images: readonly ListedImage[];

  /** Use {@linkcode openDockerArchive}. */
  constructor(opened: OpenedArchive, images: readonly ListedImage[]) {
    this.label = opened.files.label;
    this.#opened = opened;
    this.#images = images;
  }

  /**
   * Opens the image of a name, however much of it is written out: `alpine` is
   * `docker.io/library/alpine:latest`.
   *
   * @throws {NotFoundError} When no image has that name, or a file of the image is missing.
   * @throws {DocumentError} When none is given and there is not exactly one image, or the image's
   * documents do not match.
   */
  async open(name?: string): Promise<View> {
    return await this.#find(name).open();
  }

  /** The names of all images, as the archive writes them. */
  async *names(): AsyncGenerator<string> {
    yield* new Set(this.#images.flatMap(({ repoTags }) => repoTags));
  }

  /** Removes what had to be decompressed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened[Symbol.asyncDispose]();
  }

  #find(name: string | undefined): ListedImage {
    if (name === undefined) return this.#only();
    const full = fullRepoTag(name);
    const image = this.#images.find(({ repoTags }) =>
      repoTags.some((repoTag) => repoTag === name || fullRepoTag(repoTag) === full)
    );
    if (image === undefined) throw new NotFoundError("image", name, this.label + this.#listing());
    return image;
  }

  #only(): ListedImage {
    const images = [...new Map(this.#images.map((image) => [image.id, image])).values()];
    const [image] = images;
    if (image !== undefined && images.length === 1) return image;
    throw new DocumentError(
      `Cannot open ${this.label} without a name: expected exactly one image, got ` +
        `${images.length}${this.#listing()}`,
    );
  }

  #listing(): string {
    const names = this.#images.flatMap(({ repoTags }) => repoTags);
    return names.length === 0 ? "" : `, which has ${names.join(", ")}`;
  }
}

/** Options of {@linkcode createDockerArchive}. */
export interface DockerArchiveOptions {
  /**
   * Whether the archive is an OCI image layout too, so that containerd and Kubernetes take it and
   * digests stay; true unless said. Without, it is byte for byte what go-containerregistry writes.
   */
  readonly layout?: boolean;
}

/**
 * Creates an archive for `docker load`: config and layers as they are, and a `manifest.json`. With
 * the OCI layout that it is by default, Docker since 1.10, containerd, k3s, podman and skopeo all
 * take it.
 *
 * Names are references, and written as Docker prints them, always with a tag; one by digest alone
 * leaves its image without a name. Images share blobs. The same contents give the same bytes, in
 * whatever order they came.
 *
 * @param target The path of a file, which appears at `commit()`, or a stream, which is closed then.
 * Into a stream the blobs of a layout go in the order in which they come.
 * @throws {FileError} When no file can be made there.
 */
export async function createDockerArchive(
  target: ArchiveTarget,
  options: DockerArchiveOptions = {},
): Promise<Destination> {
  const { layout = true } = options;
  const form = layout ? DOCKER_LAYOUT_FORM : DOCKER_FLAT_FORM;
  return new ArchiveWriter(
    labelOf("docker-archive", target),
    form,
    await openOutput(target, form),
  );
}

/**
 * Opens an archive of `docker save`, of any age: since Docker 25 an OCI layout, before that a
 * directory for each layer, before 1.10 without `manifest.json`; and what other tools write in its
 * place. Layers may be plain, gzip or zstd, and so may the whole file. It is not unpacked.
 *
 * An image keeps its digest when the archive has its manifest. Layers that are plain tars are
 * compressed for places that want them so. The bytes of a layer are held to its diff ID.
 *
 * @throws {NotFoundError} When there is no such file.
 * @throws {TarError} When it is no tar.
 * @throws {DocumentError} When it lists no images, or in a broken way.
 * @example
 * ```ts
 * import { createDockerArchive, openDockerArchive } from "@davit/davit/archive";
 * import { emptyImage } from "@davit/davit/image";
 * import { copy } from "@davit/davit/store";
 *
 * const path = await Deno.makeTempFile({ suffix: ".tar" });
 * await using written = await createDockerArchive(path);
 * await copy(emptyImage(), written, { names: ["example/app"] });
 * await written.commit();
 *
 * await using archive = await openDockerArchive(path);
 * console.assert((await Array.fromAsync(archive.names()))[0] === "example/app:latest");
 * await Deno.remove(path);
 * ```
 */
export async function openDockerArchive(
  path: string,
  options: CallOptions = {},
): Promise<DockerArchive> {
  await using scope = new AsyncDisposableStack();
  const opened = scope.use(await openArchive(path, labelOf("docker-archive", path), options));
  const archive = await readDockerArchive(opened);
  scope.move();
  return archive;
}

/** Reads what an archive lists that is open already; from then on, it is the result's to close. */
export async function readDockerArchive(opened: OpenedArchive): Promise<DockerArchive> {
  return new DockerArchive(opened, await listImages(opened.files));
}

async function listImages(files: ArchiveFiles): Promise<ListedImage[]> {
  const maxBytes = MAX_MANIFEST_BYTES;
  const manifest = await files.bytes(MANIFEST_JSON, { what: MANIFEST_JSON, maxBytes });
  if (manifest !== undefined) {
    return parseSavedImages(manifest).map((saved) => ({
      id: saved.config,
      repoTags: saved.repoTags,
      open: () => openSavedImage(files, saved),
    }));
  }
  const repositories = await files.bytes(REPOSITORIES, { what: REPOSITORIES, maxBytes });
  if (repositories !== undefined) {
    return parseRepositories(repositories).map(({ id, repoTags }) => ({
      id,
      repoTags,
      open: () => openV1Image(files, id),
    }));
  }
  files.refuseCut(`"${MANIFEST_JSON}"`);
  throw new DocumentError(
    `Cannot read ${files.label}: expected an archive of docker save with "${MANIFEST_JSON}" or ` +
      `"${REPOSITORIES}", got neither; an OCI layout opens as "oci-archive:FILE"`,
  );
}
