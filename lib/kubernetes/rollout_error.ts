import { DavitError } from "../errors.ts";

/** A workload that does not become ready. */
export class RolloutError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_ROLLOUT";
  /** The workload: `deployment/site`. */
  readonly workload: string;
  /** What the cluster says about the pod that fails, last words last. */
  readonly events: readonly string[];
  /** The last lines that its container wrote. */
  readonly logs: readonly string[];

  /** Makes the error. @param message What could not be done. */
  constructor(
    message: string,
    options: ErrorOptions & {
      /** The workload. */
      readonly workload: string;
      /** What the cluster says about the pod that fails. */
      readonly events?: readonly string[];
      /** The last lines that its container wrote. */
      readonly logs?: readonly string[];
    },
  ) {
    super(message, options);
    this.workload = options.workload;
    this.events = options.events ?? [];
    this.logs = options.logs ?? [];
  }
}
