import type { CallOptions } from "../layer/content_source.ts";
import { RolloutError } from "./rollout_error.ts";
import type { KubernetesApi } from "./api.ts";
import { Deadline } from "./deadline.ts";
import { followObjects } from "./follow_objects.ts";
import { KubernetesError } from "./kubernetes_error.ts";
import { merge } from "./merge.ts";
import type { Condition, KubernetesObject, Pod } from "./object.ts";
import { explainPod, findTrouble, type PodTrouble } from "./pod_trouble.ts";
import { describeWorkload, podSpecOf, type Workload, workloadPath } from "./workload.ts";

/** Options of {@linkcode awaitRollout}. */
export interface RolloutOptions extends CallOptions {
  /** How long it may take, in milliseconds; a minute unless said. */
  readonly timeout?: number;
  /**
   * How long all must stay ready, in milliseconds; 0 unless said. Without a readiness probe a container
   * counts as ready as soon as it is started, even if it falls over at once.
   */
  readonly settle?: number;
}

/** What controllers tell of their pods. */
interface Status {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
  readonly phase?: string;
  readonly conditions?: readonly Condition[];
}

interface Live extends KubernetesObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
  readonly status?: Status;
}

const TIMEOUT = 60_000;

/**
 * Waits until all pods of a workload are what it says, and ready.
 *
 * @throws {RolloutError} As soon as a pod cannot start or falls over and over, or when it takes too
 * long: with what the cluster says about the pod, and its last lines.
 */
export async function awaitRollout(
  api: KubernetesApi,
  workload: Workload,
  options: RolloutOptions = {},
): Promise<void> {
  const { timeout = TIMEOUT, settle = 0, signal } = options;
  using deadline = new Deadline(timeout);
  const ending = new AbortController();
  const signals = [deadline.signal, ending.signal, ...(signal ? [signal] : [])];
  const watched = { signal: AbortSignal.any(signals) };
  let live: Live | undefined;
  let pods: readonly Pod[] = [];
  let isReady = false;
  let restarts = 0;
  try {
    const changes = merge<readonly KubernetesObject[]>([
      followObjects<Live>(api, onlyPath(workload), watched),
      followObjects<Pod>(api, podsPath(workload), watched),
    ]);
    for await (const { index, value } of changes) {
      if (index === 0) live = value[0];
      else pods = (value as readonly Pod[]).filter((pod) => isOf(pod, workload));
      const wasReady: boolean = isReady;
      const restartsBefore: number = restarts;
      isReady = live !== undefined && isRolledOut(workload, live);
      restarts = countRestarts(pods);
      if (isReady && settle === 0) return;
      if (isReady !== wasReady) deadline.set(isReady ? settle : timeout);
      else if (isReady && restarts > restartsBefore) deadline.set(settle);
      const trouble = pods.map(findTrouble).find((found) => found !== undefined);
      if (trouble !== undefined) throw await failure(api, workload, trouble, options);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (!deadline.signal.aborted || error instanceof RolloutError) throw error;
    if (isReady) return;
    const [pod] = pods;
    const why = `it is not ready after ${timeout / 1000} s`;
    throw await failure(api, workload, { why, ...(pod === undefined ? {} : { pod }) }, options);
  } finally {
    ending.abort();
  }
}

/**
 * Waits, until the signal, for a pod of a workload that falls over and over.
 *
 * @throws {RolloutError} When one does: with what the cluster says about it, and its last lines.
 */
export async function awaitTrouble(
  api: KubernetesApi,
  workload: Workload,
  options: CallOptions = {},
): Promise<never> {
  for await (const pods of followObjects<Pod>(api, podsPath(workload), options)) {
    const own = pods.filter((pod) => isOf(pod, workload));
    const trouble = own.map(findTrouble).find((found) => found !== undefined);
    if (trouble !== undefined) throw await failure(api, workload, trouble, options);
  }
  throw new KubernetesError("Cannot go on watching pods", { status: 410 });
}

async function failure(
  api: KubernetesApi,
  workload: Workload,
  trouble: PodTrouble,
  options: CallOptions,
): Promise<RolloutError> {
  const named = describeWorkload(workload);
  return new RolloutError(`Cannot roll out ${named}: ${trouble.why}`, {
    workload: named,
    ...await explainPod(api, trouble, options),
  });
}

/** Whether a workload is what it is to be. */
function isRolledOut({ kind, object }: Workload, { metadata, spec, status = {} }: Live): boolean {
  const { replicas = 1 } = spec ?? {};
  if (kind === "Pod") {
    const isReady = status.conditions?.some(({ type, status }) =>
      type === "Ready" && status === "True"
    );
    return metadata.uid === object.metadata.uid &&
      (isReady === true || status.phase === "Succeeded");
  }
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
  const updated = status.updatedReplicas ?? 0;
  switch (kind) {
    case "Deployment":
      return updated === replicas && (status.replicas ?? 0) === replicas &&
        (status.availableReplicas ?? 0) === replicas;
    case "StatefulSet":
      return updated === replicas && (status.readyReplicas ?? 0) === replicas &&
        status.currentRevision === status.updateRevision;
    case "DaemonSet": {
      const { desiredNumberScheduled: wanted = 0, numberAvailable = 0 } = status;
      return (status.updatedNumberScheduled ?? 0) === wanted && numberAvailable === wanted;
    }
  }
}

function countRestarts(pods: readonly Pod[]): number {
  const statuses = pods.flatMap(({ status }) => status?.containerStatuses ?? []);
  return statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
}

/** Whether a pod is one of those that are to be: it has the images of the workload as it is now. */
function isOf({ spec, metadata }: Pod, workload: Workload): boolean {
  const images = podSpecOf(workload).containers.map(({ image }) => image);
  return metadata.deletionTimestamp === undefined &&
    images.every((image, index) => spec.containers[index]?.image === image);
}

function onlyPath(workload: Workload): string {
  const path = workloadPath(workload);
  const parent = path.slice(0, path.lastIndexOf("/"));
  return `${parent}?fieldSelector=${encodeURIComponent(`metadata.name=${workload.name}`)}`;
}

/** The list of a workload's pods. */
export function podsPath({ kind, name, namespace, object }: Workload): string {
  const { matchLabels = {} } = (object as Live).spec?.selector ?? {};
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`).join(",");
  const query = kind === "Pod"
    ? `fieldSelector=metadata.name%3D${name}`
    : `labelSelector=${encodeURIComponent(labels)}`;
  return `/api/v1/namespaces/${namespace}/pods?${query}`;
}
