import { DocumentError } from "../errors.ts";
import { compressionOf, familyOf } from "../oci/media_type.ts";
import { lazy } from "../stream/lazy.ts";
import type { TarHeader } from "../tar/entry.ts";
import { readTar } from "../tar/read_tar.ts";
import { type TarInput, writeTar } from "../tar/write_tar.ts";
import { type Layer, opensAgain } from "./layer.ts";
import type { LayerOptions } from "./layer_options.ts";
import { StreamLayer } from "./stream_layer.ts";
import { TarLayer } from "./tar_layer.ts";

/** The record from which Windows takes the security descriptor of a file. */
const SECURITY_KEY = "MSWINDOWS.rawsd";

/**
 * A self-relative security descriptor in base64: owner and group are `BUILTIN\Users`, `O:BUG:BU` in
 * SDDL. A program without one cannot be run in a container.
 */
const OF_THE_USERS: Uint8Array = new TextEncoder().encode(
  "AQAAgBQAAAAkAAAAAAAAAAAAAAABAgAAAAAABSAAAAAhAgAAAQIAAAAAAAUgAAAAIQIAAA==",
);

/** What may lie at the top of a layer that Windows unpacks. */
const ROOTS: ReadonlySet<string> = new Set(["Files", "Hives", "UtilityVM"]);

/** The directories of every layer: of the files, and of what changes the registry. */
const DIRECTORIES: readonly TarInput[] = ["Files", "Hives"].map((name) => ({
  header: { type: "directory", name, size: 0, mode: 0o555, uid: 0, gid: 0, mtime: 0 },
}));

/**
 * Gives a layer the form that Windows unpacks: its files below `Files`, an empty `Hives`, and owners
 * that may run them. A layer that is in this form already keeps it. What can be read once stays so.
 *
 * @param options How the new tar is compressed; as the layer was, unless said.
 * @throws {DocumentError} Through the layer: when it has files of both forms.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/layer.md image-spec, layer}
 * @example
 * ```ts
 * import { layerFromEntries, windowsLayer } from "@davit/davit/layer";
 *
 * const layer = windowsLayer(layerFromEntries([{ path: "app.exe", content: "MZ" }]));
 * console.assert((await layer.diffId()).startsWith("sha256:"));
 * ```
 */
export function windowsLayer(layer: Layer, options: LayerOptions = {}): Layer {
  const { mediaType } = layer;
  const compression = compressionOf(mediaType) ?? "gzip";
  const form = { compression, family: familyOf(mediaType), ...options };
  const open = () => lazy(() => writeTar(windowsEntries(layer)));
  return opensAgain(layer) ? new TarLayer(open, form) : new StreamLayer(open(), form);
}

async function* windowsEntries(layer: Layer): AsyncGenerator<TarInput> {
  let isInForm: boolean | undefined;
  for await (const entry of readTar(layer.uncompressed())) {
    const [root, ...rest] = partsOf(entry.header.name);
    if (root === undefined) continue;
    const isPlaced = ROOTS.has(root);
    if (isInForm === undefined && !isPlaced) yield* DIRECTORIES;
    isInForm ??= isPlaced;
    if (isInForm !== isPlaced) throw mixed(entry.header.name);
    const header = isInForm ? entry.header : placed(entry.header, [root, ...rest]);
    yield header.size === 0 ? { header } : { header, body: () => entry.body() };
  }
  if (isInForm === undefined) yield* DIRECTORIES;
}

/** A hard link repeats a file that is moved too; where a symbolic link points, Windows sees to. */
function placed(header: TarHeader, parts: readonly string[]): TarHeader {
  const { type, linkName = "", vendorRecords = new Map() } = header;
  const below = (path: readonly string[]) => ["Files", ...path].join("/");
  return {
    ...header,
    name: below(parts),
    ...(type === "hardlink" && { linkName: below(partsOf(linkName)) }),
    vendorRecords: new Map([[SECURITY_KEY, OF_THE_USERS], ...vendorRecords]),
  };
}

function partsOf(path: string): readonly string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function mixed(name: string): DocumentError {
  return new DocumentError(
    `Cannot make a layer for Windows: expected all files below "Files" or "Hives", or none, got ` +
      `${JSON.stringify(name.slice(0, 150))}`,
  );
}
