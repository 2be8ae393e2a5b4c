import type { TarHeader } from "../tar/entry.ts";
import type { FileEntry } from "./file_entry.ts";
import { FileTree } from "./file_tree.ts";
import type { SurveyedLayer } from "./surveyed_layer.ts";

/** What can differ of a file that is in both images. */
export type FileAspect =
  | "type"
  | "content"
  | "mode"
  | "owner"
  | "time"
  | "target"
  | "device"
  | "xattrs"
  | "records";

/** A file that is in one image only, or not the same in both. */
export interface FileChange {
  /** Its path in the image. */
  readonly path: string;
  /** What became of it from A to B. */
  readonly kind: "added" | "removed" | "changed";
  /** What is not the same; of what was added or removed, nothing. */
  readonly aspects: readonly FileAspect[];
  /** The file in A. */
  readonly before?: FileEntry;
  /** The file in B. */
  readonly after?: FileEntry;
}

/** Compares the merged files of two images, in the order of their paths. */
export function diffFiles(
  a: readonly SurveyedLayer[],
  b: readonly SurveyedLayer[],
  ignored: ReadonlySet<FileAspect> = new Set(),
): readonly FileChange[] {
  const [treeA, treeB] = [new FileTree(a), new FileTree(b)];
  const before = new Map(filesOf(treeA));
  const after = new Map(filesOf(treeB));
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path): FileChange[] => {
    const [one, other] = [before.get(path), after.get(path)];
    if (one === undefined) {
      return [{ path, kind: "added", aspects: [], ...other && { after: other } }];
    }
    if (other === undefined) return [{ path, kind: "removed", aspects: [], before: one }];
    const aspects = compareFiles(
      { header: treeA.headerAt(path.slice(1)), content: contentOf(treeA, a, one) },
      { header: treeB.headerAt(path.slice(1)), content: contentOf(treeB, b, other) },
    ).filter((aspect) => !ignored.has(aspect));
    return aspects.length === 0
      ? []
      : [{ path, kind: "changed", aspects, before: one, after: other }];
  });
}

/** What two entries of layers say, and hold. */
export interface ComparedFile {
  readonly header: TarHeader | undefined;
  readonly content: string | undefined;
}

/** Says what two files do not have in common. */
export function compareFiles(a: ComparedFile, b: ComparedFile): readonly FileAspect[] {
  const [one, other] = [a.header, b.header];
  if (one === undefined || other === undefined) return [];
  if (one.type !== other.type) return ["type"];
  const aspects: (FileAspect | false)[] = [
    a.content !== b.content && "content",
    one.mode !== other.mode && "mode",
    (one.uid !== other.uid || one.gid !== other.gid) && "owner",
    one.mtime !== other.mtime && "time",
    one.linkName !== other.linkName && "target",
    (one.deviceMajor !== other.deviceMajor || one.deviceMinor !== other.deviceMinor) && "device",
    textOf(one.xattrs) !== textOf(other.xattrs) && "xattrs",
    textOf(one.vendorRecords) !== textOf(other.vendorRecords) && "records",
  ];
  return aspects.filter((aspect) => aspect !== false);
}

function* filesOf(tree: FileTree): Generator<readonly [string, FileEntry]> {
  for (const file of tree.below({ path: "/" })) yield [file.path, file];
}

function contentOf(
  tree: FileTree,
  layers: readonly SurveyedLayer[],
  file: FileEntry,
): string | undefined {
  const place = tree.placeOf(file);
  return place === undefined ? undefined : layers[place.layer]?.contents.get(place.ordinal);
}

function textOf(values: ReadonlyMap<string, Uint8Array> = new Map()): string {
  return [...values].map(([name, value]) => `${name}=${value.toHex()}`).sort().join();
}
