import { awaitRollout, awaitTrouble } from "../kubernetes/rollout.ts";
import type { Workload } from "../kubernetes/workload.ts";
import { present } from "../oci/present.ts";
import { CycleProgress, runCycle, type RunOptions, type RunTarget } from "./cycle.ts";
import type { DevEvent } from "./event.ts";
import { eventsOf } from "./event_queue.ts";
import { LogFollower } from "./log_follower.ts";
import type { ManifestObject } from "./manifests.ts";

/** Options of {@linkcode runImages}. */
export interface RunImagesOptions extends RunOptions {
  /** What is to be applied; a Deployment of each image when there is none. */
  readonly manifests?: readonly ManifestObject[];
}

/** How long all is to stay ready when nothing is followed, in milliseconds. */
const SETTLE = 2000;

/**
 * Runs images in a cluster: brings them to its nodes, applies the manifests with the images by their
 * digests, waits until all is ready, and follows what the containers write. Without manifests, each
 * image becomes a Deployment.
 *
 * @throws {RolloutError} When something does not become ready, or falls over and over afterwards: with what is known about why.
 * @throws {KubernetesError} When the API refuses.
 */
export function runImages(
  target: RunTarget,
  { signal, follow = true, manifests = [], ...options }: RunImagesOptions = {},
): AsyncIterable<DevEvent> {
  return eventsOf<DevEvent>(signal, async (emit, signal) => {
    const logs = new LogFollower(target, emit, signal);
    const onWorkloads = follow
      ? (workloads: readonly Workload[]) => logs.follow(workloads)
      : undefined;
    const progress = new CycleProgress();
    const inputs = {
      ...target,
      ...options,
      manifests,
      progress,
      emit,
      ...present({ onWorkloads }),
    };
    await runCycle(inputs, { signal });
    const { cluster: { api } } = target;
    const staying = progress.workloads.map((workload) =>
      follow
        ? awaitTrouble(api, workload, { signal })
        : awaitRollout(api, workload, { ...options, signal, settle: SETTLE })
    );
    await Promise.all([...staying, ...follow ? [logs.ended()] : []]);
  });
}
