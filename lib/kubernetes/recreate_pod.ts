import type { CallOptions } from "../layer/content_source.ts";
import { KubernetesError } from "./kubernetes_error.ts";
import type { KubernetesApi } from "./api.ts";
import type { KubernetesObject } from "./object.ts";

/** How long a pod that is going is waited for between two questions, in milliseconds. */
const PAUSE = 50;

/**
 * Deletes a pod and makes it anew, under its name.
 *
 * @param path Where the pod lies. @param pod What it is to be; what the cluster gave to the old one
 * is left out.
 * @throws {KubernetesError} When the API refuses.
 */
export async function recreatePod(
  api: KubernetesApi,
  path: string,
  pod: KubernetesObject,
  options: CallOptions = {},
): Promise<KubernetesObject> {
  const { signal } = options;
  await unlessGone(api.send("DELETE", `${path}?gracePeriodSeconds=1`, options));
  while (await unlessGone(api.get(path, options)) !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    signal?.throwIfAborted();
  }
  const parent = path.slice(0, path.lastIndexOf("/"));
  return await api.send("POST", parent, { ...options, body: asNew(pod) });
}

/** The pod as a user would write it. */
function asNew(pod: KubernetesObject): KubernetesObject {
  const { name, namespace, labels, annotations } = pod.metadata;
  const { status: _, spec, ...rest } = pod as KubernetesObject & { status?: unknown; spec: object };
  const { nodeName: _node, ...wanted } = spec as { nodeName?: string };
  const metadata = { name, namespace, labels, annotations };
  return { ...rest, metadata, spec: wanted } as unknown as KubernetesObject;
}

async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof KubernetesError && error.status === 404) return undefined;
    throw error;
  }
}
