import type { CallOptions } from "../layer/content_source.ts";
import { KubernetesError } from "./kubernetes_error.ts";
import type { KubernetesApi } from "./api.ts";
import type { KubernetesObject } from "./object.ts";
import { recreatePod } from "./recreate_pod.ts";
import { ResourcePaths } from "./resource_path.ts";
import { stateProtocols } from "./state_protocols.ts";

/** By whom changes are made, as Kubernetes keeps account of it. */
export const FIELD_MANAGER = "davit";

/** Options of {@linkcode applyObjects}. */
export interface ApplyOptions extends CallOptions {
  /** Where objects go that do not say; `default` unless said. */
  readonly namespace?: string;
}

/** What others stand on goes first. */
const FIRST = ["Namespace", "CustomResourceDefinition"];
/** How often a kind that was just defined is asked for, and how long is waited in between. */
const ATTEMPTS = 20;
const PAUSE = 250;

/**
 * Brings objects into a cluster, or changes those that are there, as `kubectl apply --server-side`
 * does: the fields that they have are theirs. A pod that cannot be changed is made anew.
 *
 * @returns The objects as the cluster has them now.
 * @throws {KubernetesError} When the API refuses one; those before it are there.
 */
export async function applyObjects(
  api: KubernetesApi,
  objects: readonly KubernetesObject[],
  { namespace = "default", signal }: ApplyOptions = {},
): Promise<readonly KubernetesObject[]> {
  const paths = new ResourcePaths(api);
  const call = signal === undefined ? {} : { signal };
  const sorted = [...objects].sort((left, right) => rank(left) - rank(right));
  const applied: KubernetesObject[] = [];
  for (const object of sorted) {
    const path = await patiently(() => paths.pathOf(object, namespace, call), call);
    applied.push(await applyOne(api, path, object, call));
  }
  return applied;
}

async function applyOne(
  api: KubernetesApi,
  path: string,
  object: KubernetesObject,
  options: CallOptions,
): Promise<KubernetesObject> {
  try {
    return await api.send("PATCH", `${path}?fieldManager=${FIELD_MANAGER}&force=true`, {
      ...options,
      body: stateProtocols(object),
      contentType: "application/apply-patch+yaml",
    });
  } catch (error) {
    const isImmutable = error instanceof KubernetesError && error.status === 422;
    if (!isImmutable || object.kind !== "Pod") throw error;
    return await recreatePod(api, path, object, options);
  }
}

/** A kind that was defined a moment ago may not be known yet. */
async function patiently<T>(task: () => Promise<T>, { signal }: CallOptions): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await task();
    } catch (error) {
      const isUnknown = error instanceof KubernetesError && error.status === 404;
      if (!isUnknown || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      signal?.throwIfAborted();
    }
  }
}

function rank({ kind }: KubernetesObject): number {
  const place = FIRST.indexOf(kind);
  return place < 0 ? FIRST.length : place;
}
