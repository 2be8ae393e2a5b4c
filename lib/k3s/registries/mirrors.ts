import type { Document, YAMLMap } from "yaml";
import { SpecError } from "../../errors.ts";
import { YamlFile } from "../../yaml/yaml_file.ts";

/** Where nodes reach a registry, and under which names its images are known. */
export interface RegistryEndpoint {
  /** The container's name, which nodes resolve. */
  readonly name: string;
  /** The port there. */
  readonly port: number;
  /** The ports of the host, at which users reach it. */
  readonly hostPorts: readonly number[];
  /** The registry that it fetches from, if it does. */
  readonly upstream?: string;
}

/** Where k3s reads of other places for images from, when it starts. */
export const REGISTRIES_PATH = "/etc/rancher/k3s/registries.yaml";

/** The URL at which nodes reach a registry. */
export function endpointUrl({ name, port }: RegistryEndpoint): string {
  return `http://${name}:${port}`;
}

/**
 * The registries' names, as images have them in front, that lead to a registry: by its own name with
 * either port; as users reach it from the host, so that an image runs under the name it was pushed
 * by; and that which it fetches from.
 */
export function mirroredNames(registry: RegistryEndpoint): readonly string[] {
  const { name, port, hostPorts, upstream } = registry;
  const names = [
    ...[port, ...hostPorts].map((each) => `${name}:${each}`),
    ...hostPorts.flatMap((each) => [`localhost:${each}`, `127.0.0.1:${each}`]),
    ...(upstream === undefined ? [] : [upstream]),
  ];
  return [...new Set(names)];
}

/**
 * Adds registries to the `registries.yaml` of k3s. What stands there stays, with its comments, and
 * comes first; a registry that is named already is not named twice.
 *
 * @param text What stands there; nothing unless said.
 * @param path How messages name it.
 * @throws {SpecError} When it is no YAML, or no such file.
 * @see {@link https://docs.k3s.io/installation/private-registry K3s, private registry configuration}
 */
export async function addMirrors(
  registries: readonly RegistryEndpoint[],
  text = "",
  path = "registries.yaml",
): Promise<string> {
  const { document, mirrors } = await readMirrors(text, path);
  for (const registry of registries) {
    for (const name of mirroredNames(registry)) addEndpoint(document, mirrors, name, registry);
  }
  return String(document);
}

/**
 * Takes a registry out of the `registries.yaml` of k3s; what else stands there stays.
 *
 * @throws {SpecError} When it is no YAML, or no such file.
 */
export async function removeMirrors(
  registry: Pick<RegistryEndpoint, "name">,
  text: string,
  path = "registries.yaml",
): Promise<string> {
  const { isMap, isSeq } = await import("yaml");
  const { document, mirrors } = await readMirrors(text, path);
  for (const { key } of [...mirrors.items]) {
    const mirror = mirrors.get(key, true);
    const endpoints = isMap(mirror) ? mirror.get("endpoint", true) : undefined;
    if (!isMap(mirror) || !isSeq(endpoints)) continue;
    const kept = endpoints.items.filter((item) => !leadsTo(String(item), registry.name));
    if (kept.length === endpoints.items.length) continue;
    endpoints.items = kept;
    if (kept.length > 0) continue;
    mirror.delete("endpoint");
    if (mirror.items.length === 0) mirrors.delete(key);
  }
  return String(document);
}

function leadsTo(endpoint: string, name: string): boolean {
  return URL.parse(endpoint)?.hostname === name;
}

async function readMirrors(
  text: string,
  path: string,
): Promise<{ readonly document: Document; readonly mirrors: YAMLMap }> {
  const file = await YamlFile.parse(text, path); // for its messages with line and column
  const { isMap, parseDocument } = await import("yaml");
  const document: Document = parseDocument(text);
  if (document.contents === null) document.contents = document.createNode({});
  if (!isMap(document.contents)) {
    throw await file.refuse({ at: [], message: "expected a mapping, as registries.yaml is" });
  }
  const mirrors = document.get("mirrors", true);
  if (isMap(mirrors)) return { document, mirrors };
  if (mirrors !== undefined && document.get("mirrors") !== null) {
    throw await file.refuse({ at: ["mirrors"], message: '"mirrors": expected a mapping' });
  }
  document.set("mirrors", document.createNode({}));
  return { document, mirrors: document.get("mirrors", true) as YAMLMap };
}

function addEndpoint(
  document: Document,
  mirrors: YAMLMap,
  name: string,
  registry: RegistryEndpoint,
): void {
  const url = endpointUrl(registry);
  const mirror = mirrors.get(name);
  if (mirror === undefined || mirror === null) {
    mirrors.set(name, document.createNode({ endpoint: [url] }));
    return;
  }
  const way = ["mirrors", name, "endpoint"];
  const endpoints = document.getIn(way);
  if (endpoints === undefined || endpoints === null) {
    document.setIn(way, document.createNode([url]));
  } else if (!listOf(document.toJS(), way).includes(url)) {
    document.addIn(way, url);
  }
}

function listOf(value: unknown, way: readonly string[]): readonly unknown[] {
  const list = way.reduce<unknown>((at, key) => Reflect.get(Object(at), key), value);
  if (Array.isArray(list)) return list;
  throw new SpecError(`Cannot use registries.yaml: "${way.join(".")}": expected a list`);
}
