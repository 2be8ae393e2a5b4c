/** Where the order of UTF-16 is not that of UTF-8. */
const SURROGATE_REGEXP = /[\ud800-\udfff]/;

/**
 * Turns a path into the name of a tar entry: relative to the root, without `.` and empty parts, no
 * final `/`.
 *
 * @throws {TypeError} For what no image can hold: `..`, the root itself, NUL, text that is not
 * Unicode.
 */
export function entryPath(path: string): string {
  const clean = directoryPath(path);
  if (clean === "") throw refused(path, "a path below the root");
  return clean;
}

/**
 * Like {@linkcode entryPath}, for a directory that may be the root, which is `""`.
 *
 * @throws {TypeError} For `..`, NUL, text that is not Unicode.
 */
export function directoryPath(path: string): string {
  if (path.includes("\0")) throw refused(path, "a path without NUL");
  if (!path.isWellFormed()) throw refused(path, "well-formed Unicode");
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw refused(path, `a path without ".."`);
  return parts.join("/");
}

/** Compares two paths by their bytes in UTF-8, so that a directory comes before what it holds. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Sorts paths in place as {@linkcode comparePaths} does. */
export function sortPaths(paths: string[]): string[] {
  return paths.some((path) => SURROGATE_REGEXP.test(path))
    ? paths.sort(comparePaths)
    : paths.sort();
}

/** Every directory above a path, outermost first: `a`, `a/b` for `a/b/c`. */
export function* parentsOf(path: string): Generator<string> {
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
    yield path.slice(0, slash);
  }
}

/** UTF-16 puts surrogates below U+E000, UTF-8 puts what they stand for above everything. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function refused(path: string, expected: string): TypeError {
  return new TypeError(
    `Cannot put ${JSON.stringify(path.slice(0, 150))} into a layer: expected ${expected}`,
  );
}
