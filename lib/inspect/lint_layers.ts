import { cleanPath, EntryPaths } from "./entry_paths.ts";
import type { FileTree } from "./file_tree.ts";
import { comparePaths } from "../layer/entry_path.ts";
import { finding, type LintFinding } from "./lint_rules.ts";
import type { SurveyedLayer } from "./surveyed_layer.ts";

/** Fewer bytes are not worth a line. */
const MIN_BYTES = 1_000_000;

/** Docker's overlay driver mounts no more. */
const MAX_LAYERS = 120;

/** Looks at how the layers are written. */
export function* lintLayers(layers: readonly SurveyedLayer[]): Generator<LintFinding> {
  if (layers.length > MAX_LAYERS) {
    yield finding("many-layers", `${layers.length} layers: more than ${MAX_LAYERS}`);
  }
  for (const [index, layer] of layers.entries()) {
    const at = { layer: index + 1 };
    if (layer.entries.length + layer.marks.length === 0) {
      yield finding("empty-layer", "the layer changes nothing", at);
      continue;
    }
    const paths = new EntryPaths();
    for (const { header } of layer.entries) paths.add(header.name);
    for (const path of new Set(paths.duplicates)) {
      yield finding("duplicate-path", "the path comes more than once", { ...at, path: `/${path}` });
    }
    const oddities = [...odditiesOf(layer)];
    if (oddities.length > 0) yield finding("non-canonical-tar", oddities.join(", "), at);
  }
}

/** What another build of the same files would hardly repeat. */
function* odditiesOf({ entries, marks }: SurveyedLayer): Generator<string> {
  const headers = [...entries, ...marks].sort((a, b) => a.ordinal - b.ordinal)
    .map(({ header }) => header);
  const names = headers.map(({ name }) => cleanPath(name));
  const first = names.findIndex((name, at) =>
    at > 0 && comparePaths(names[at - 1] ?? "", name) > 0
  );
  if (first > 0) yield `entries are not sorted (${names[first]})`;
  if (headers.some(({ name }) => /^\.?\//.test(name))) yield `names begin with "./" or "/"`;
  if (headers.some(({ userName, groupName }) => userName ?? groupName)) yield "owners have names";
}

/** Finds what is in a layer and not in the image: replaced or deleted by a later layer. */
export function* lintWaste(
  layers: readonly SurveyedLayer[],
  tree: FileTree,
): Generator<LintFinding> {
  const alive = new Set<string>();
  for (const file of tree.below({ path: "/" })) {
    const place = tree.placeOf(file);
    alive.add(`${place?.layer}/${place?.ordinal}`);
  }
  let rest = 0;
  for (const [index, { entries }] of layers.entries()) {
    for (const { header, ordinal } of entries) {
      const { size: bytes, name } = header;
      if (bytes === 0 || alive.has(`${index}/${ordinal}`)) continue;
      if (bytes < MIN_BYTES) {
        rest += bytes;
        continue;
      }
      const path = `/${cleanPath(name)}`;
      const fate = tree.headerAt(cleanPath(name)) === undefined ? "deleted" : "replaced";
      yield finding("wasted-bytes", `a later layer has ${fate} it`, {
        path,
        layer: index + 1,
        bytes,
      });
    }
  }
  if (rest >= MIN_BYTES) {
    yield finding("wasted-bytes", "smaller files that later layers replace or delete", {
      bytes: rest,
    });
  }
}

const CACHES: readonly RegExp[] = [
  /^\/var\/lib\/apt\/lists\//,
  /^\/var\/cache\/(?:apt|apk|dnf|yum|pacman|debconf)\//,
  /^\/(?:root|home\/[^/]+)\/\.(?:cache\/(?:pip|go-build|yarn|uv|deno)|npm\/_cacache|cargo\/registry)\//,
  /^\/usr\/(?:local\/share|lib\/node_modules)\/\.cache\//,
];

/** Finds what package managers keep for themselves, and the same content in several places. */
export function* lintContents(
  layers: readonly SurveyedLayer[],
  tree: FileTree,
): Generator<LintFinding> {
  const caches = new Map<string, number>();
  const copies = new Map<string, { readonly paths: string[]; readonly size: number }>();
  const seen = new Set<string>();
  for (const { path, size, type, layer } of tree.below({ path: "/" })) {
    if (type !== "file" || size === 0) continue;
    const [cache] = CACHES.flatMap((pattern) => pattern.exec(path) ?? []);
    if (cache !== undefined) caches.set(cache, (caches.get(cache) ?? 0) + size);
    const place = tree.placeOf({ path });
    const key = `${place?.layer}/${place?.ordinal}`;
    if (place === undefined || size < MIN_BYTES || seen.has(key)) continue;
    seen.add(key);
    const content = layers[layer - 1]?.contents.get(place.ordinal) ?? key;
    const known = copies.get(content) ?? { paths: [], size };
    known.paths.push(path);
    copies.set(content, known);
  }
  for (const [path, bytes] of caches) {
    if (bytes >= MIN_BYTES) {
      yield finding("package-cache", "nobody needs it at run time", { path, bytes });
    }
  }
  for (const { paths: [first, ...others], size } of copies.values()) {
    if (first === undefined || others.length === 0) continue;
    const bytes = size * others.length;
    yield finding("same-content", `also at ${others.slice(0, 3).join(", ")}`, {
      path: first,
      bytes,
    });
  }
}
