import { layerFromDirectory } from "../layer/directory.ts";
import { layerFromEntries } from "../layer/entries.ts";
import type { Layer } from "../layer/layer.ts";
import { layerFromTarFile } from "../layer/tar_file.ts";
import { whiteout } from "../layer/whiteout.ts";
import type { Compression, MediaFamily } from "../oci/media_type.ts";
import { NotFoundError, SpecError } from "../errors.ts";
import type { FilesSpec, RemoveSpec, TarSpec } from "./spec.ts";
import type { CopyPartSpec } from "./split_copy.ts";
import { type PartWords, toTreePart } from "./tree_class.ts";

/** What becomes one layer. */
export type OneLayerSpec = RemoveSpec | CopyPartSpec | TarSpec | FilesSpec;

/** What layers of a build have in common. */
export interface ComposeLayerOptions {
  /** Turns a path of the spec into one of this machine. */
  readonly locate: (path: string) => string;
  /** Whose media types the layer has. */
  readonly family: MediaFamily;
  /** Seconds since 1970 that files get. */
  readonly mtime: number;
  /** How the layer is compressed. */
  readonly compression?: Compression;
  /** How hard. */
  readonly level?: number;
  /** How many workers compress. */
  readonly workers?: number;
}

/**
 * Makes the layer that a spec describes; files are read when the layer's bytes are.
 *
 * @throws {NotFoundError} When a local file or directory is not there.
 * @throws {SpecError} For a path that no image can hold.
 */
export async function composeLayer(
  spec: OneLayerSpec,
  options: ComposeLayerOptions,
): Promise<Layer> {
  try {
    return await makeLayer(spec, options);
  } catch (cause) {
    if (cause instanceof TypeError) throw new SpecError(cause.message, { cause });
    throw cause;
  }
}

/** The words for the layer's history entry: no path of this machine, for it goes into the digest. */
export function describeLayer(spec: OneLayerSpec): string {
  if ("remove" in spec) return `davit build: remove ${[spec.remove].flat().join(" ")}`;
  if ("tar" in spec) return "davit build: tar";
  if ("files" in spec) return `davit build: files ${Object.keys(spec.files).join(" ")}`;
  const part = spec.part === undefined ? "" : ` ${describePart(spec.part)}`;
  return `davit build: copy${part} to ${spec.to ?? "/"}`;
}

function describePart({ classes, share }: PartWords): string {
  const words = classes.join(", ");
  return share === undefined ? words : `${words} ${share.index + 1} of ${share.of}`;
}

async function makeLayer(spec: OneLayerSpec, options: ComposeLayerOptions): Promise<Layer> {
  const { locate, mtime, ...layer } = options;
  if ("remove" in spec) return layerFromEntries([spec.remove].flat().map(whiteout), layer);
  if ("files" in spec) {
    const attributes = { ...parseOwner(spec.owner), ...parseMode(spec.mode), mtime };
    const entries = Object.entries(spec.files).map(([path, content]) => ({
      path,
      content,
      ...attributes,
    }));
    return layerFromEntries(entries, layer);
  }
  const path = locate("tar" in spec ? spec.tar : spec.copy);
  await expectPresent(path);
  if ("tar" in spec) return await layerFromTarFile(path, layer);
  const { to = "/", owner, mode, ignore, part } = spec;
  return layerFromDirectory(path, {
    ...layer,
    mtime,
    prefix: to,
    ...(owner === undefined ? {} : { owner: parseOwner(owner) }),
    ...parseMode(mode),
    ...(ignore === undefined ? {} : { ignore }),
    ...(part === undefined ? {} : { part: toTreePart(part) }),
  });
}

/**
 * Makes sure that a file or directory is there.
 *
 * @throws {NotFoundError} When it is not.
 */
export async function expectPresent(path: string): Promise<void> {
  await Deno.stat(path).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new NotFoundError("file", path, undefined, { cause });
  });
}

function parseOwner(owner = "0:0"): { readonly uid: number; readonly gid: number } {
  const [uid = 0, gid = 0] = owner.split(":").map(Number);
  return { uid, gid };
}

function parseMode(mode: string | undefined): { readonly mode?: number } {
  return mode === undefined ? {} : { mode: Number.parseInt(mode, 8) };
}
