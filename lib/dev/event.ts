import type { Digest } from "../oci/digest.ts";
import type { LogLine } from "../kubernetes/follow_logs.ts";

/** How long the parts of a cycle took, in milliseconds. */
export interface CycleTimes {
  /** Until the image was known by its digest. */
  readonly build: number;
  /** Until every node had it. */
  readonly import: number;
  /** Until the API had taken what is wanted. */
  readonly rollout: number;
  /** Until all pods were what is wanted, and ready. */
  readonly ready: number;
  /** All of it. */
  readonly total: number;
}

/** What happens while images are run in a cluster. */
export type DevEvent =
  | BuiltEvent
  | ImportedEvent
  | AppliedEvent
  | RollingEvent
  | ReadyEvent
  | UnchangedEvent
  | RemovedEvent
  | WatchingEvent
  | ChangedEvent
  | FailedEvent
  | LogEvent;

/** An image is known by its digest. */
export interface BuiltEvent {
  /** What happened. */
  readonly kind: "built";
  /** What it was made from. */
  readonly source: string;
  /** Its name in the cluster, by its digest. */
  readonly image: string;
  /** The digest. */
  readonly digest: Digest;
  /** How many layers it has. */
  readonly layers: number;
  /** How many of them had to be read. */
  readonly rebuilt: number;
}

/** Every node has the images. */
export interface ImportedEvent {
  /** What happened. */
  readonly kind: "imported";
  /** How many bytes each node was sent. */
  readonly nodes: readonly { readonly node: string; readonly sent: number }[];
}

/** Manifests were applied. */
export interface AppliedEvent {
  /** What happened. */
  readonly kind: "applied";
  /** The objects: `service/site`. */
  readonly objects: readonly string[];
}

/** Workloads were given an image. */
export interface RollingEvent {
  /** What happened. */
  readonly kind: "rolling";
  /** The workloads: `deployment/site`. */
  readonly workloads: readonly string[];
}

/** All workloads are what they are to be, and ready. */
export interface ReadyEvent {
  /** What happened. */
  readonly kind: "ready";
  /** The workloads: `deployment/site`. */
  readonly workloads: readonly string[];
  /** How long it took. */
  readonly times: CycleTimes;
}

/** The inputs changed, and the images did not. */
export interface UnchangedEvent {
  /** What happened. */
  readonly kind: "unchanged";
}

/** Images that nobody uses any more were removed from the nodes. */
export interface RemovedEvent {
  /** What happened. */
  readonly kind: "removed";
  /** Their names. */
  readonly images: readonly string[];
}

/** Changes are waited for. */
export interface WatchingEvent {
  /** What happened. */
  readonly kind: "watching";
  /** The files and directories. */
  readonly inputs: readonly string[];
}

/** Something changed: a new cycle begins. */
export interface ChangedEvent {
  /** What happened. */
  readonly kind: "changed";
  /** The files. */
  readonly paths: readonly string[];
}

/** A cycle failed; the next change begins another one. */
export interface FailedEvent {
  /** What happened. */
  readonly kind: "failed";
  /** Why. */
  readonly error: unknown;
}

/** A container wrote a line. */
export interface LogEvent extends LogLine {
  /** What happened. */
  readonly kind: "log";
}
