import type { TreePart } from "../layer/tree_rules.ts";

/** How often what lies somewhere changes, told by where it lies: what others wrote the least often. */
export type TreeClass = "dependencies" | "generated" | "sources";

/** A part of a tree, in words that go into keys. */
export interface PartWords {
  /** What is in it. */
  readonly classes: readonly TreeClass[];
  /** Which share of the packages, from 0, of how many shares; all of them unless said. */
  readonly share?: { readonly index: number; readonly of: number };
}

/** Directories that package managers fill. */
const DEPENDENCIES = new Set([
  ".venv",
  "bower_components",
  "node_modules",
  "site-packages",
  "third_party",
  "vendor",
  "venv",
]);

/** Directories that builds fill. */
const GENERATED = new Set([
  ".next",
  ".nuxt",
  ".output",
  ".svelte-kit",
  "__pycache__",
  "_site",
  "build",
  "dist",
  "generated",
  "out",
  "target",
]);

/** Says what a path is by the directories in it. */
export function classOf(path: string): TreeClass {
  const names = path.split("/");
  if (names.some((name) => DEPENDENCIES.has(name))) return "dependencies";
  return names.some((name) => GENERATED.has(name)) ? "generated" : "sources";
}

/** What may lie within what: a package holds no sources of ours, a build's output may hold packages. */
const HOLDS: Readonly<Record<TreeClass, readonly TreeClass[]>> = {
  dependencies: ["dependencies"],
  generated: ["dependencies", "generated"],
  sources: ["dependencies", "generated", "sources"],
};

/** The part of a tree that the words mean. */
export function toTreePart({ classes, share }: PartWords): TreePart {
  const isShared = (path: string) => share === undefined || shareOf(path, share.of) === share.index;
  return {
    has(path) {
      const found = classOf(path);
      return classes.includes(found) && (found !== "dependencies" || isShared(path));
    },
    mayHave(directory) {
      const found = classOf(directory);
      if (!HOLDS[found].some((held) => classes.includes(held))) return false;
      return found !== "dependencies" || packageOf(directory) === undefined || isShared(directory);
    },
  };
}

/** Which share of the packages a path belongs to: the same wherever its package is used. */
function shareOf(path: string, shares: number): number {
  let hash = 0x811c9dc5;
  for (const character of packageOf(path) ?? "") {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash % shares;
}

/** The outermost package that a path is in; `undefined` above all packages. */
function packageOf(path: string): string | undefined {
  const names = path.split("/");
  const first = names.findIndex((name) => DEPENDENCIES.has(name)) + 1;
  const [scope, name] = names.slice(first);
  if (scope === undefined || !scope.startsWith("@")) return scope;
  return name === undefined ? undefined : `${scope}/${name}`;
}
