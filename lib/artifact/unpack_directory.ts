import { DigestMismatchError, FileError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Layer } from "../layer/layer.ts";
import { ANNOTATION } from "../oci/annotations.ts";
import { algorithmOf, isDigest } from "../oci/digest.ts";
import { decompress } from "../stream/decompress.ts";
import { measure } from "../stream/measure.ts";
import type { TarHeader } from "../tar/entry.ts";
import { readTar, type TarEntry } from "../tar/read_tar.ts";
import type { FileTree } from "./file_tree.ts";
import { isSafeTitle } from "./title.ts";

/**
 * Unpacks a directory that was packed into a layer. Everything has to lie in it, links included;
 * owners, times and special bits are not restored.
 *
 * @throws {FileError} For an entry that leads elsewhere, or is no file, directory or link.
 * @throws {DigestMismatchError} When the tar is not the one that was packed.
 */
export async function unpackDirectory(
  layer: Layer,
  title: string,
  tree: FileTree,
  options: CallOptions = {},
): Promise<void> {
  const expected = layer.descriptor?.annotations?.[ANNOTATION.orasDigest];
  const tar = decompress(layer.compressed(), { what: `directory "${title}"` });
  const promised = expected !== undefined && isDigest(expected) ? expected : undefined;
  const { stream, done } = measure(
    tar,
    promised === undefined ? {} : { algorithm: algorithmOf(promised) },
  );
  await tree.addDirectory(title);
  for await (const entry of readTar(stream, options)) await addEntry(entry, title, tree, options);
  const { digest } = await done;
  if (promised !== undefined && digest !== promised) {
    throw new DigestMismatchError(promised, digest);
  }
}

async function addEntry(
  entry: TarEntry,
  title: string,
  tree: FileTree,
  { signal }: CallOptions,
): Promise<void> {
  const { header } = entry;
  const path = normalize(header.name);
  if (header.type === "directory" && `${title}/`.startsWith(path === "" ? "" : `${path}/`)) return;
  if (!isInside(path, title)) throw misplaced(title, header);
  switch (header.type) {
    case "directory":
      return await tree.addDirectory(path);
    case "file":
      return await tree.addFile(path, entry.body(), { mode: header.mode, signal });
    case "symlink": {
      const { linkName = "" } = header;
      if (!leadsInside(path, linkName, title)) throw misplaced(title, header);
      return await tree.addSymlink(path, linkName);
    }
    case "hardlink": {
      const target = normalize(header.linkName ?? "");
      if (!isInside(target, title)) throw misplaced(title, header);
      return await tree.addLink(path, target);
    }
    default:
      throw new FileError(
        `Cannot unpack "${header.name}" of directory "${title}": expected files, directories and ` +
          `links, got a ${header.type}`,
        header.name,
      );
  }
}

function normalize(name: string): string {
  return name.replace(/^(?:\.\/)+/, "").replace(/\/+\.?$/, "").replace(/^\.$/, "");
}

function isInside(path: string, title: string): boolean {
  return isSafeTitle(path) && (path === title || path.startsWith(`${title}/`));
}

/** Follows a link's text from the directory it is in, as far as text alone tells. */
function leadsInside(path: string, linkName: string, title: string): boolean {
  if (linkName === "" || linkName.startsWith("/")) return false;
  const at = path.split("/").slice(0, -1);
  for (const part of linkName.split("/")) {
    if (part === "..") {
      if (at.pop() === undefined) return false;
    } else if (part !== "" && part !== ".") at.push(part);
  }
  return isInside(at.join("/"), title);
}

function misplaced(title: string, { name, linkName }: TarHeader): FileError {
  const entry = linkName === undefined ? `"${name}"` : `"${name}", which leads to "${linkName}"`;
  return new FileError(
    `Cannot unpack directory "${title}": expected all of it to lie inside, got ${entry}`,
    name,
  );
}
