import type { Layer } from "../../lib/layer/layer.ts";
import type { MediaFamily } from "../../lib/oci/media_type.ts";
import { present } from "../../lib/oci/present.ts";
import { NotFoundError } from "../../lib/errors.ts";
import type { CompressionFlags } from "./compression_flags.ts";
import type { Context } from "./context.ts";
import type { CreationTime } from "./creation_time.ts";
import { abortable } from "../../lib/stream/abortable.ts";
import { whiteout } from "../../lib/layer/whiteout.ts";
import { UsageError } from "./exit_code.ts";

/** A directory on this machine and where it goes in the image. */
export interface PlacedDirectory {
  /** The directory. */
  readonly path: string;
  /** Where its contents go: an absolute path in the image. */
  readonly prefix: string;
}

/** What new layers are made of. */
export interface NewLayerOptions extends CompressionFlags {
  /** Tars, directories, or `-` for standard input. */
  readonly newLayer?: readonly string[] | undefined;
  /** Directories with their place in the image. */
  readonly directory?: readonly PlacedDirectory[] | undefined;
  /** Paths of the base that are to be gone. */
  readonly remove?: readonly string[] | undefined;
  /** Whose media types the base has. */
  readonly family: MediaFamily;
  /** The time of what is made. */
  readonly created: CreationTime;
}

/** A new layer, with the words for its history entry. */
export interface NewLayer {
  /** The layer. */
  readonly layer: Layer;
  /** What it is, without any path of this machine: it goes into the digest. */
  readonly origin: string;
}

/** Reads `DIR` or `DIR:TO`. */
export function parseDirectory(text: string): PlacedDirectory {
  const [, path = "", prefix = "/"] = /^(.+?)(?::(\/.*))?$/.exec(text) ?? [];
  if (path === "") throw new SyntaxError(`Cannot add "${text}": expected DIR or DIR:/TO`);
  return { path, prefix };
}

/** Reads a path of the base that is to be gone. */
export function parseRemoved(text: string): string {
  whiteout(text);
  return text;
}

/** Makes the layers that a command line asks for: what is removed first, then what is added. */
export async function readNewLayers(
  context: Context,
  options: NewLayerOptions,
): Promise<readonly NewLayer[]> {
  const { newLayer = [], directory = [], remove = [] } = options;
  if (newLayer.length + directory.length + remove.length === 0) {
    throw new UsageError(
      "Cannot append: expected a layer: -f PATH, --directory DIR or --remove PATH",
    );
  }
  const layers: NewLayer[] = [];
  if (remove.length > 0) layers.push(await removalLayer(remove, options));
  for (const path of newLayer) layers.push(await pathLayer(context, path, options));
  for (const placed of directory) layers.push(await directoryLayer(placed, options));
  return layers;
}

async function removalLayer(paths: readonly string[], options: NewLayerOptions): Promise<NewLayer> {
  const { layerFromEntries } = await import("../../lib/layer/entries.ts");
  const layer = layerFromEntries(paths.map(whiteout), layerOptions(options));
  return { layer, origin: `davit append: remove ${paths.join(" ")}` };
}

async function pathLayer(
  { stdin, signal }: Context,
  path: string,
  options: NewLayerOptions,
): Promise<NewLayer> {
  const origin = "davit append: tar";
  const form = layerOptions(options);
  const { layerFromTarFile, layerFromTarStream } = await import("../../lib/layer/tar_file.ts");
  if (path === "-") {
    return { layer: await layerFromTarStream(abortable(stdin, signal), form), origin };
  }
  const { isDirectory, isFile } = await statInput(path);
  if (isDirectory) return directoryLayer({ path, prefix: "/" }, options);
  if (isFile) return { layer: await layerFromTarFile(path, form), origin };
  const { readable } = await Deno.open(path);
  return { layer: await layerFromTarStream(abortable(readable, signal), form), origin };
}

async function directoryLayer(
  { path, prefix }: PlacedDirectory,
  options: NewLayerOptions,
): Promise<NewLayer> {
  await statInput(path);
  const { layerFromDirectory } = await import("../../lib/layer/directory.ts");
  const { prepareDirectory } = await import("../../lib/layer/prepare_directory.ts");
  const mtime = options.created.seconds;
  const form = layerOptions(options);
  const layer = layerFromDirectory(path, { prefix, mtime, ...form });
  prepareDirectory(path, form);
  return { layer, origin: `davit append: files to ${prefix}` };
}

async function statInput(path: string): Promise<Deno.FileInfo> {
  return await Deno.stat(path).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new NotFoundError("file", path, undefined, { cause });
  });
}

function layerOptions({ compression, level, workers, family }: NewLayerOptions) {
  return { family, ...present({ compression, level, workers }) };
}
