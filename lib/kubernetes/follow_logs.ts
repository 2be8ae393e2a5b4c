import type { CallOptions } from "../layer/content_source.ts";
import type { KubernetesApi } from "./api.ts";
import { followObjects } from "./follow_objects.ts";
import type { Pod } from "./object.ts";

/** A line that a container wrote. */
export interface LogLine {
  /** Its pod. */
  readonly pod: string;
  /** Its name in the pod. */
  readonly container: string;
  /** What it wrote. */
  readonly line: string;
}

/** Options of {@linkcode followLogs}. */
export interface FollowLogsOptions extends CallOptions {
  /** Says which containers are of interest, by their image. */
  readonly uses: (image: string) => boolean;
  /** Hears the lines. */
  readonly onLine: (line: LogLine) => void;
}

/**
 * Follows what containers write, those of pods that come later too, until the signal.
 *
 * @param path A list of pods: `/api/v1/namespaces/default/pods?labelSelector=app%3Dsite`.
 * @throws {KubernetesError} When the API refuses.
 */
export async function followLogs(
  api: KubernetesApi,
  path: string,
  options: FollowLogsOptions,
): Promise<void> {
  const { signal, uses, onLine } = options;
  const followed = new Map<string, Promise<void>>();
  try {
    for await (
      const pods of followObjects<Pod>(api, path, signal === undefined ? {} : { signal })
    ) {
      for (const pod of pods) {
        for (const { container, run } of runningContainers(pod, uses)) {
          const key = `${pod.metadata.uid}/${container}/${run}`;
          if (followed.has(key)) continue;
          const reading = followOne(api, pod, container, { onLine, ...(signal ? { signal } : {}) });
          followed.set(key, reading.catch(() => {})); // a container that goes takes its log along
        }
      }
    }
  } finally {
    await Promise.all(followed.values());
  }
}

function runningContainers(pod: Pod, uses: (image: string) => boolean) {
  const { containerStatuses = [] } = pod.status ?? {};
  return pod.spec.containers.flatMap(({ name, image }) => {
    const status = containerStatuses.find((status) => status.name === name);
    const hasStarted = status?.state?.running ?? status?.state?.terminated;
    if (image === undefined || !uses(image) || hasStarted === undefined) return [];
    return [{ container: name, run: status?.restartCount ?? 0 }];
  });
}

async function followOne(
  api: KubernetesApi,
  { metadata }: Pod,
  container: string,
  { onLine, signal }: Omit<FollowLogsOptions, "uses">,
): Promise<void> {
  const pod = metadata.name;
  const path =
    `/api/v1/namespaces/${metadata.namespace}/pods/${pod}/log?container=${container}&follow=true`;
  const stream = await api.stream(path, signal === undefined ? {} : { signal });
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine({ pod, container, line });
  }
  if (rest !== "") onLine({ pod, container, line: rest });
}
