import { followLogs } from "../kubernetes/follow_logs.ts";
import { podsPath } from "../kubernetes/rollout.ts";
import type { Workload } from "../kubernetes/workload.ts";
import { isOf } from "./built_image.ts";
import type { RunTarget } from "./cycle.ts";
import type { LogEvent } from "./event.ts";

/** Follows what the containers of workloads write, each workload once. */
export class LogFollower {
  readonly #target: RunTarget;
  readonly #emit: (event: LogEvent) => void;
  readonly #signal: AbortSignal;
  readonly #followed = new Map<string, Promise<void>>();

  /** @param signal Ends it. */
  constructor(
    target: RunTarget,
    emit: (event: LogEvent) => void,
    signal: AbortSignal,
  ) {
    this.#target = target;
    this.#emit = emit;
    this.#signal = signal;
  }

  /** Follows workloads from now on. */
  follow(workloads: readonly Workload[]): void {
    const { cluster: { api }, sources } = this.#target;
    for (const workload of workloads) {
      const path = podsPath(workload);
      if (this.#followed.has(path)) continue;
      const following = followLogs(api, path, {
        signal: this.#signal,
        uses: (image) => sources.some(({ repository }) => isOf(repository)(image)),
        onLine: (line) => this.#emit({ kind: "log", ...line }),
      });
      following.catch(() => {}); // told by ended()
      this.#followed.set(path, following);
    }
  }

  /** Waits until the signal. */
  async ended(): Promise<void> {
    await Promise.all(this.#followed.values());
  }
}
