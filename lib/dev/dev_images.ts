import { awaitTrouble } from "../kubernetes/rollout.ts";
import { findWorkloads } from "../kubernetes/workload.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { present } from "../oci/present.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import { isOf } from "./built_image.ts";
import { Changes } from "./changes.ts";
import { CycleProgress, runCycle, type RunOptions, type RunTarget } from "./cycle.ts";
import type { DevEvent } from "./event.ts";
import { eventsOf } from "./event_queue.ts";
import { LogFollower } from "./log_follower.ts";
import { type ManifestObject, readManifests } from "./manifests.ts";
import { InputWatch } from "./input_watch.ts";

/** Options of {@linkcode devImages}. */
export interface DevImagesOptions extends RunOptions {
  /** Files and directories of manifests, absolute: applied at first, and when they change. */
  readonly manifests?: readonly string[];
}

/**
 * Runs images in a cluster and keeps them what their inputs say: whenever these change, what has
 * changed is built again, brought to the nodes, and rolled out, by digest, to all workloads that use
 * the image. One cycle runs at a time: a change ends the one before it. Without manifests, and when
 * no workload uses the image, it becomes a Deployment.
 *
 * A cycle that fails is told as an event, and so is a pod that falls over and over afterwards. It ends by the signal.
 */
export function devImages(
  target: RunTarget,
  { signal, follow = true, manifests = [], ...options }: DevImagesOptions = {},
): AsyncIterable<DevEvent> {
  return eventsOf<DevEvent>(signal, async (emit, signal) => {
    const changes = new Changes(target.sources, manifests);
    const inputs = () => [...target.sources.flatMap((source) => source.inputs), ...manifests];
    using watch = new InputWatch((paths) => changes.note(paths));
    watch.renew(inputs());
    const logs = new LogFollower(target, emit, signal);
    const progress = new CycleProgress();
    for (;;) {
      const { signal: superseded, paths } = changes.begin();
      if (paths.length > 0) emit({ kind: "changed", paths });
      const call = { signal: AbortSignal.any([signal, superseded]) };
      try {
        const toApply = changes.mustApply
          ? await findManifests(target, manifests, call)
          : undefined;
        await runCycle({
          ...target,
          ...options,
          progress,
          emit,
          onWorkloads: (workloads) => follow && logs.follow(workloads),
          ...present({ manifests: toApply }),
        }, call);
        if (!superseded.aborted) changes.mustApply = false;
        for (const workload of progress.workloads) {
          awaitTrouble(target.cluster.api, workload, call).catch((error) => {
            if (!call.signal.aborted) emit({ kind: "failed", error });
          });
        }
      } catch (error) {
        signal.throwIfAborted();
        if (!superseded.aborted) emit({ kind: "failed", error });
      }
      watch.renew(inputs());
      if (!changes.arePending) emit({ kind: "watching", inputs: inputs() });
      await untilAborted(changes.pending(), signal);
    }
  });
}

/** What is to be applied; nothing when nobody wrote manifests, and the images are in use. */
async function findManifests(
  { cluster: { api }, sources }: RunTarget,
  paths: readonly string[],
  options: CallOptions,
): Promise<readonly ManifestObject[] | undefined> {
  if (paths.length > 0) return await readManifests(paths);
  const uses = (image: string) => sources.some(({ repository }) => isOf(repository)(image));
  const using = await findWorkloads(api, uses, options);
  return using.length === 0 ? [] : undefined;
}
