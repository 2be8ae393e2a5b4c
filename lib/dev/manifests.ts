import { NotFoundError, SpecError } from "../errors.ts";
import { fileFailure } from "../layer/file_failure.ts";
import type { KubernetesObject } from "../kubernetes/object.ts";
import { YamlFile } from "../yaml/yaml_file.ts";
import { resolvePath } from "../places/resolve_location.ts";

/** An object of a manifest, and the file it stands in. */
export interface ManifestObject {
  /** The file. */
  readonly path: string;
  /** What stands there. */
  readonly object: KubernetesObject;
}

/** With what the name of a build begins that stands for its image. */
const SCHEME = "davit://";
const FILES = /\.(?:ya?ml|json)$/;

/**
 * Reads manifests: YAML or JSON with any number of objects, lists of objects among them. Of a
 * directory all files are read that are such by their names, as kubectl does.
 *
 * @param paths Files and directories, absolute.
 * @throws {NotFoundError} When one is not there.
 * @throws {SpecError} For what is no object of Kubernetes: with the file.
 */
export async function readManifests(paths: readonly string[]): Promise<readonly ManifestObject[]> {
  const files = await Promise.all(paths.map(filesAt));
  return (await Promise.all(files.flat().map(readFile))).flat();
}

/** The build files that manifests name instead of an image, each once, by absolute paths. */
export function buildsIn(manifests: readonly ManifestObject[]): readonly string[] {
  const builds = new Set<string>();
  for (const { path, object } of manifests) {
    mapTexts(object, (text) => {
      if (text.startsWith(SCHEME)) builds.add(buildPath(text, path));
      return text;
    });
  }
  return [...builds];
}

/** What the images of manifests become. */
export interface Filling {
  /** The image of a build file, by its absolute path. */
  readonly ofBuild: (path: string) => string;
  /** What becomes of the name of an image. */
  readonly ofImage: (name: string) => string;
}

/**
 * Fills images in: in place of the builds that are named anywhere, and of the names of images where
 * containers have them.
 */
export function fillIn(manifests: readonly ManifestObject[], filling: Filling): KubernetesObject[] {
  return manifests.map(({ path, object }) =>
    mapTexts(object, (text, key, container) => {
      if (text.startsWith(SCHEME)) return filling.ofBuild(buildPath(text, path));
      return key === "image" && "name" in container ? filling.ofImage(text) : text;
    })
  );
}

async function filesAt(path: string): Promise<readonly string[]> {
  try {
    if (!(await Deno.stat(path)).isDirectory) return [path];
    const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
    return names.filter((name) => FILES.test(name)).sort().map((name) => `${path}/${name}`);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) throw new NotFoundError("manifest", path);
    throw fileFailure("read", path, cause);
  }
}

async function readFile(path: string): Promise<readonly ManifestObject[]> {
  const text = await Deno.readTextFile(path).catch((cause) => {
    throw fileFailure("read", path, cause);
  });
  const documents = await YamlFile.parseAll(text, path);
  return (await Promise.all(documents.map(objectsOf))).flat()
    .map((object) => ({ path, object }));
}

async function objectsOf(document: YamlFile): Promise<readonly KubernetesObject[]> {
  const value = document.value as Partial<KubernetesObject> & {
    readonly items?: readonly KubernetesObject[];
  };
  if (value?.kind === "List") return value.items ?? [];
  const { apiVersion, kind, metadata } = value ?? {};
  const isObject = [apiVersion, kind, metadata?.name].every((field) => typeof field === "string");
  if (isObject) return [value as KubernetesObject];
  throw await document.refuse({
    at: [],
    message: `expected an object with "apiVersion", "kind" and "metadata.name"`,
  });
}

function buildPath(text: string, manifest: string): string {
  const named = text.slice(SCHEME.length);
  if (named === "") {
    throw new SpecError(
      `Cannot use ${manifest}: expected a build file after "${SCHEME}", got none`,
    );
  }
  const path = resolvePath(named, manifest.slice(0, manifest.lastIndexOf("/")));
  const { pathname } = new URL(path.split("/").map(encodeURIComponent).join("/"), "file:///");
  return decodeURIComponent(pathname);
}

type Field = (text: string, key: string, parent: object) => string;

/** The same value with other texts. */
function mapTexts<T>(value: T, map: Field, key = "", parent: object = {}): T {
  if (typeof value === "string") return map(value, key, parent) as T;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map, key, value)) as T;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, mapTexts(item, map, name, value)]),
  ) as T;
}
