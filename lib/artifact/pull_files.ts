import { DocumentError, NotFoundError } from "../errors.ts";
import type { Image } from "../image/image.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Layer } from "../layer/layer.ts";
import { ANNOTATION } from "../oci/annotations.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { present } from "../oci/present.ts";
import { Permits } from "../store/permits.ts";
import type { OnCopyEvent } from "../store/events.ts";
import { through } from "../stream/through.ts";
import { FileTree } from "./file_tree.ts";
import { isSafeTitle } from "./title.ts";
import { unpackDirectory } from "./unpack_directory.ts";

/** Options of {@linkcode pullFiles}. */
export interface PullFilesOptions extends CallOptions {
  /** How many files are fetched at once; 4 unless said. */
  readonly jobs?: number;
  /** Hears what happens. */
  readonly onEvent?: OnCopyEvent;
}

/** A file or directory that was pulled. */
export interface PulledFile {
  /** What the artifact calls it: its path in the directory. */
  readonly title: string;
  /** The content it was. */
  readonly descriptor: Descriptor;
}

/**
 * Writes the files of artifacts into a directory: those that have a title, under it. All are
 * fetched and verified before the first of them appears; they replace files that are there.
 *
 * @param directory Made if need be.
 * @throws {NotFoundError} When no artifact has a file with a title.
 * @throws {DocumentError} For a title that leads out of the directory.
 * @throws {FileError} For two files with one title, and for what cannot be written.
 * @example
 * ```ts
 * import { createArtifact, pullFiles } from "@davit/davit/artifact";
 *
 * const directory = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${directory}/note.txt`, "ahoy");
 * const artifact = await createArtifact({ files: [{ path: `${directory}/note.txt` }] });
 * await pullFiles([artifact], `${directory}/copy`);
 * console.assert(await Deno.readTextFile(`${directory}/copy/note.txt`) === "ahoy");
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function pullFiles(
  artifacts: readonly Image[],
  directory: string,
  options: PullFilesOptions = {},
): Promise<readonly PulledFile[]> {
  const { jobs = 4, signal } = options;
  const files: TitledLayer[] = [];
  for (const artifact of artifacts) files.push(...await titledLayers(artifact));
  if (files.length === 0) {
    const names = await Promise.all(artifacts.map((artifact) => artifact.descriptor()));
    const subject = names.map(({ digest }) => digest).join(", ");
    throw new NotFoundError("file with a title", ANNOTATION.title, `the layers of ${subject}`);
  }
  await using tree = await FileTree.create(directory);
  const permits = new Permits(jobs);
  const fetches = files.map((file, id) =>
    permits.run(() => fetch(file, tree, id, options), signal)
  );
  await Promise.allSettled(fetches);
  await Promise.all(fetches);
  await tree.publish();
  return files.map(({ title, descriptor }) => ({ title, descriptor }));
}

interface TitledLayer {
  readonly title: string;
  readonly layer: Layer;
  readonly descriptor: Descriptor;
}

async function titledLayers(artifact: Image): Promise<readonly TitledLayer[]> {
  const layers = await artifact.layers();
  return layers.flatMap((layer) => {
    const { descriptor } = layer;
    const title = descriptor?.annotations?.[ANNOTATION.title];
    if (descriptor === undefined || title === undefined) return [];
    if (isSafeTitle(title)) return [{ title, layer, descriptor }];
    throw new DocumentError(
      `Cannot write ${
        JSON.stringify(title.slice(0, 150))
      } of the artifact: expected a title that ` +
        "is a path below the directory",
    );
  });
}

async function fetch(
  { title, layer, descriptor }: TitledLayer,
  tree: FileTree,
  id: number,
  { signal, onEvent }: PullFilesOptions,
): Promise<void> {
  const { mediaType, size, annotations } = descriptor;
  onEvent?.({ kind: "start", id, mediaType, size });
  if (annotations?.[ANNOTATION.orasUnpack] === "true") {
    await unpackDirectory(layer, title, tree, present({ signal }));
  } else {
    let bytes = 0;
    const content = through(layer.compressed(), {
      push(chunk) {
        bytes += chunk.length;
        onEvent?.({ kind: "progress", id, bytes });
        return [chunk];
      },
      end: () => [],
    });
    await tree.addFile(title, content, { signal });
  }
  onEvent?.({ kind: "done", id, outcome: "sent", descriptor });
}
