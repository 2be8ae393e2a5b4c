import { DavitError } from "../errors.ts";

/** The API of Kubernetes refuses, or does not answer. */
export class KubernetesError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_KUBERNETES";
  /** The HTTP status, when it answered. */
  readonly status: number | undefined;
  /** Why, in a word: `NotFound`, `Invalid`. */
  readonly reason: string | undefined;

  /** Makes the error. @param message What could not be done. */
  constructor(
    message: string,
    options?: ErrorOptions & {
      /** The HTTP status, when it answered. */
      readonly status?: number;
      /** Why, in a word. */
      readonly reason?: string;
    },
  ) {
    super(message, options);
    this.status = options?.status;
    this.reason = options?.reason;
  }
}
