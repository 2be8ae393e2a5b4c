import type { CallOptions } from "../layer/content_source.ts";
import { KubernetesError } from "./kubernetes_error.ts";
import type { KubernetesApi } from "./api.ts";
import type { KubernetesObject } from "./object.ts";

/** A kind as the API has it. */
interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Finds where objects lie in the API: it is asked once for each group. */
export class ResourcePaths {
  readonly #api: KubernetesApi;
  readonly #groups = new Map<string, Promise<readonly Resource[]>>();

  /** @param api The API that is asked. */
  constructor(api: KubernetesApi) {
    this.#api = api;
  }

  /**
   * The path of an object.
   *
   * @param namespace Where it goes when it does not say.
   * @throws {KubernetesError} For a kind that the cluster does not know.
   */
  async pathOf(
    { apiVersion, kind, metadata }: KubernetesObject,
    namespace: string,
    options: CallOptions = {},
  ): Promise<string> {
    const resource = await this.#find(apiVersion, kind, options);
    const scope = resource.namespaced ? `/namespaces/${metadata.namespace ?? namespace}` : "";
    return `${groupPath(apiVersion)}${scope}/${resource.name}/${metadata.name}`;
  }

  async #find(apiVersion: string, kind: string, options: CallOptions): Promise<Resource> {
    const resources = this.#groups.get(apiVersion) ?? this.#list(apiVersion, options);
    this.#groups.set(apiVersion, resources);
    const found = (await resources.catch(() => [])).find((resource) =>
      resource.kind === kind && !resource.name.includes("/")
    );
    if (found !== undefined) return found;
    this.#groups.delete(apiVersion); // it may come to be known
    await resources;
    throw new KubernetesError(
      `Cannot find the kind "${kind}" of "${apiVersion}": the cluster does not know it`,
      { status: 404 },
    );
  }

  async #list(apiVersion: string, options: CallOptions): Promise<readonly Resource[]> {
    const path = groupPath(apiVersion);
    const { resources } = await this.#api.get<{ resources: readonly Resource[] }>(path, options);
    return resources;
  }
}

/** Where a group lies: the first one has no name. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
