import type { CallOptions } from "../layer/content_source.ts";
import type { KubernetesApi } from "./api.ts";
import type { ContainerStatus, Pod } from "./object.ts";

/** A pod that will not become ready, and why. */
export interface PodTrouble {
  /** The pod, when there is one. */
  readonly pod?: Pod;
  /** The container that is to blame. */
  readonly container?: ContainerStatus;
  /** Why, in words. */
  readonly why: string;
}

/** What there is to say about a pod. */
export interface PodExplanation {
  /** What the cluster says, last words last. */
  readonly events: readonly string[];
  /** The last lines that the container wrote. */
  readonly logs: readonly string[];
}

/** Reasons for a container to wait that do not go away by themselves. */
const LASTING = new Set([
  "CrashLoopBackOff",
  "CreateContainerConfigError",
  "CreateContainerError",
  "ErrImageNeverPull",
  "ErrImagePull",
  "ImageInspectError",
  "ImagePullBackOff",
  "InvalidImageName",
  "RunContainerError",
]);

const MAX_LINES = 10;

/** How long the cluster is asked about a pod, in milliseconds: its node may be as sick as the pod. */
const PATIENCE = 5000;

/** Says why a pod will not become ready; `undefined` as long as it may. */
export function findTrouble(pod: Pod): PodTrouble | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  for (const container of [...initContainerStatuses, ...containerStatuses]) {
    const of = `container "${container.name}" of pod "${pod.metadata.name}"`;
    const { waiting, terminated } = container.state ?? {};
    if (pod.status?.phase === "Failed" && terminated !== undefined && terminated.exitCode !== 0) {
      return { pod, container, why: `${of} ended with exit code ${terminated.exitCode}` };
    }
    const { reason = "", message = "" } = waiting ?? {};
    if (!LASTING.has(reason)) continue;
    const exit = container.lastState?.terminated?.exitCode;
    const why = exit === undefined
      ? `${of} does not start: ${reason}${message === "" ? "" : `: ${message}`}`
      : `${of} ended with exit code ${exit}, ${container.restartCount + 1} times`;
    return { pod, container, why };
  }
  return undefined;
}

/** Asks what there is to say about a pod that fails. What cannot be learned is left out. */
export async function explainPod(
  api: KubernetesApi,
  { pod, container }: PodTrouble,
  { signal }: CallOptions = {},
): Promise<PodExplanation> {
  if (pod === undefined) return { events: [], logs: [] };
  const enough = AbortSignal.timeout(PATIENCE);
  const options = { signal: signal === undefined ? enough : AbortSignal.any([signal, enough]) };
  const [events, logs] = await Promise.all([
    readEvents(api, pod, options).catch(() => []),
    readLastLines(api, pod, container, options).catch(() => []),
  ]);
  return { events, logs };
}

interface EventItem {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string;
}

async function readEvents(
  api: KubernetesApi,
  { metadata }: Pod,
  options: CallOptions,
): Promise<readonly string[]> {
  const query = encodeURIComponent(`involvedObject.uid=${metadata.uid}`);
  const path = `/api/v1/namespaces/${metadata.namespace}/events?fieldSelector=${query}`;
  const { items } = await api.get<{ items: EventItem[] }>(path, options);
  return items
    .filter(({ type }) => type === "Warning")
    .sort((left, right) => (left.lastTimestamp ?? "") < (right.lastTimestamp ?? "") ? -1 : 1)
    .slice(-MAX_LINES)
    .map(({ reason = "", message = "" }) => `${reason}: ${message.trim()}`);
}

async function readLastLines(
  api: KubernetesApi,
  { metadata, spec }: Pod,
  container: ContainerStatus | undefined,
  options: CallOptions,
): Promise<readonly string[]> {
  const name = container?.name ?? spec.containers[0]?.name ?? "";
  const isOver = container?.state?.waiting !== undefined && (container.restartCount ?? 0) > 0;
  const query = `container=${name}&tailLines=${MAX_LINES}${isOver ? "&previous=true" : ""}`;
  const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/log?${query}`;
  const text = await new Response(await api.stream(path, options)).text();
  return text.split("\n").filter((line) => line !== "");
}
