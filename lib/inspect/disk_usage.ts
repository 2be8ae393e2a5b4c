import type { FileTree } from "./file_tree.ts";

/** What a directory and all below it takes. */
export interface DiskUsage {
  /** The path. */
  readonly path: string;
  /** Bytes of content: a file with several names counts once. */
  readonly bytes: number;
  /** How many files, directories left out. */
  readonly files: number;
}

/** Options of {@linkcode diskUsage}. */
export interface DiskUsageOptions {
  /** How far below the path entries are told one by one; 1 unless said, 0 for the sum alone. */
  readonly depth?: number;
  /** Tells files one by one too, not only directories. */
  readonly all?: boolean;
}

/**
 * Adds up what files take, largest first, with the path itself at the end.
 *
 * @throws {NotFoundError} When there is no such path.
 */
export function diskUsage(
  tree: FileTree,
  path: string,
  options: DiskUsageOptions = {},
): readonly DiskUsage[] {
  const { depth = 1, all = false } = options;
  const root = tree.at(path);
  if (root.type !== "directory") return [{ path: root.path, bytes: root.size, files: 1 }];
  const sums = new Map<string, { bytes: number; files: number }>([[
    root.path,
    { bytes: 0, files: 0 },
  ]]);
  const counted = new Set<string>();
  const start = root.path === "/" ? 1 : root.path.split("/").length;
  for (const file of tree.below(root)) {
    const parts = file.path.split("/");
    const isDirectory = file.type === "directory";
    const place = tree.placeOf(file);
    const key = `${place?.layer}/${place?.ordinal}`;
    const isNew = isDirectory || !counted.has(key);
    counted.add(key);
    const most = Math.min(parts.length - (isDirectory || all ? 0 : 1), start + depth);
    for (let length = start; length <= most; length++) {
      const above = length === start ? root.path : parts.slice(0, length).join("/");
      const sum = sums.get(above) ?? { bytes: 0, files: 0 };
      sums.set(above, sum);
      if (!isNew) continue;
      sum.bytes += file.size;
      if (!isDirectory) sum.files++;
    }
  }
  const usages = [...sums].map(([at, sum]) => ({ path: at, ...sum }));
  const [own, ...inner] = usages;
  const sorted = inner.sort((a, b) => b.bytes - a.bytes);
  return own === undefined ? sorted : [...sorted, own];
}
