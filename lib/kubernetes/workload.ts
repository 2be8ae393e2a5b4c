import type { CallOptions } from "../layer/content_source.ts";
import type { KubernetesApi } from "./api.ts";
import { FIELD_MANAGER } from "./apply.ts";
import type { Container, KubernetesObject, Pod, PodSpec } from "./object.ts";
import { recreatePod } from "./recreate_pod.ts";

/** The kinds of workload that are rolled, and where they lie. */
const LISTS = {
  Deployment: { group: "/apis/apps/v1", plural: "deployments" },
  StatefulSet: { group: "/apis/apps/v1", plural: "statefulsets" },
  DaemonSet: { group: "/apis/apps/v1", plural: "daemonsets" },
  Pod: { group: "/api/v1", plural: "pods" },
} as const satisfies Record<WorkloadKind, unknown>;

/** A kind of workload that is rolled. */
export type WorkloadKind = "Deployment" | "StatefulSet" | "DaemonSet" | "Pod";

/** What runs containers: a controller of pods, or a pod by itself. */
export interface Workload {
  /** What it is. */
  readonly kind: WorkloadKind;
  /** Its name. */
  readonly name: string;
  /** Its namespace. */
  readonly namespace: string;
  /** As the cluster has it. */
  readonly object: KubernetesObject;
}

/** Options of {@linkcode findWorkloads}. */
export interface FindWorkloadsOptions extends CallOptions {
  /** Where to look; everywhere unless said. */
  readonly namespace?: string;
}

/** Something with pods of its own. */
interface Controller extends KubernetesObject {
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

interface Owned {
  readonly ownerReferences?: readonly { readonly controller?: boolean }[];
}

/**
 * Finds the workloads that use an image: Deployments, StatefulSets, DaemonSets, and pods that belong
 * to nobody.
 *
 * @param uses Says whether the name of an image is that of the image.
 * @throws {KubernetesError} When the API refuses.
 */
export async function findWorkloads(
  api: KubernetesApi,
  uses: (image: string) => boolean,
  { namespace, ...options }: FindWorkloadsOptions = {},
): Promise<readonly Workload[]> {
  const found = await Promise.all(
    kinds().map(async (kind) => {
      const { group, plural } = LISTS[kind];
      const scope = namespace === undefined ? "" : `/namespaces/${namespace}`;
      const path = `${group}${scope}/${plural}`;
      const { items } = await api.get<{ items: readonly KubernetesObject[] }>(path, options);
      return items.flatMap((item) => toWorkload({ ...item, ...typeOf(kind) }) ?? []);
    }),
  );
  return found.flat().filter((workload) => usedContainers(workload, uses).length > 0);
}

/** An object as a workload, if it is one that runs on its own. */
export function toWorkload(object: KubernetesObject): Workload | undefined {
  const kind = kinds().find((kind) => kind === object.kind);
  if (kind === undefined || typeOf(kind).apiVersion !== object.apiVersion) return undefined;
  const { name, namespace = "default", deletionTimestamp, ownerReferences } = object
    .metadata as KubernetesObject["metadata"] & Owned;
  const isOwned = kind === "Pod" && ownerReferences?.some(({ controller }) => controller === true);
  if (isOwned === true || deletionTimestamp !== undefined) return undefined;
  return { kind, name, namespace, object };
}

/** How messages name a workload: `deployment/site`. */
export function describeWorkload({ kind, name }: Workload): string {
  return `${kind.toLowerCase()}/${name}`;
}

/** Where a workload lies in the API. */
export function workloadPath({ kind, name, namespace }: Workload): string {
  const { group, plural } = LISTS[kind];
  return `${group}/namespaces/${namespace}/${plural}/${name}`;
}

/** What the pods of a workload are to be. */
export function podSpecOf({ kind, object }: Workload): PodSpec {
  return kind === "Pod" ? (object as Pod).spec : (object as Controller).spec.template.spec;
}

/** The containers of a workload that use an image, those that start it included. */
export function usedContainers(
  workload: Workload,
  uses: (image: string) => boolean,
): readonly Container[] {
  const { containers, initContainers = [] } = podSpecOf(workload);
  return [...initContainers, ...containers].filter(({ image }) =>
    image !== undefined && uses(image)
  );
}

/**
 * Gives a workload another image: its pods are replaced as it says itself; a pod by itself is made
 * anew.
 *
 * @param uses Says which of its containers get it. @param image The image, by its digest.
 * @returns The workload as the cluster has it now.
 * @throws {KubernetesError} When the API refuses.
 */
export async function setImage(
  api: KubernetesApi,
  workload: Workload,
  { uses, image }: {
    readonly uses: (image: string) => boolean;
    readonly image: string;
  },
  options: CallOptions = {},
): Promise<Workload> {
  const path = workloadPath(workload);
  const { containers, initContainers } = podSpecOf(workload);
  const change = (list: readonly Container[] = []) =>
    list.map((item) =>
      item.image !== undefined && uses(item.image) ? withImage(item, image) : item
    );
  if (workload.kind === "Pod") {
    const pod = workload.object as Pod;
    const spec = {
      ...pod.spec,
      containers: change(containers),
      ...(initContainers === undefined ? {} : { initContainers: change(initContainers) }),
    };
    return { ...workload, object: await recreatePod(api, path, { ...pod, spec } as Pod, options) };
  }
  const changed = (list: readonly Container[] = []) =>
    list.filter((item) => item.image !== undefined && uses(item.image))
      .map(({ name, imagePullPolicy }) =>
        withImage({ name, ...pullPolicy(imagePullPolicy) }, image)
      );
  const spec = {
    containers: changed(containers),
    ...(initContainers === undefined ? {} : { initContainers: changed(initContainers) }),
  };
  const object = await api.send<KubernetesObject>(
    "PATCH",
    `${path}?fieldManager=${FIELD_MANAGER}`,
    {
      ...options,
      body: { spec: { template: { spec } } },
      contentType: "application/strategic-merge-patch+json",
    },
  );
  return { ...workload, object };
}

/** A container with an image that the node has: to ask a registry for it would be in vain. */
export function withImage<T extends Container>(container: T, image: string): T {
  const isAlways = container.imagePullPolicy === "Always";
  return { ...container, image, ...(isAlways ? { imagePullPolicy: "IfNotPresent" } : {}) };
}

function pullPolicy(imagePullPolicy: string | undefined) {
  return imagePullPolicy === "Always" ? { imagePullPolicy } : {};
}

function kinds(): readonly WorkloadKind[] {
  return Object.keys(LISTS) as WorkloadKind[];
}

function typeOf(kind: WorkloadKind): { readonly apiVersion: string; readonly kind: string } {
  return { apiVersion: LISTS[kind].group.replace(/^\/apis?\//, ""), kind };
}
