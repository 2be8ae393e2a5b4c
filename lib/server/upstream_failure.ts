import { NotFoundError, RegistryError, UnauthorizedError } from "../errors.ts";
import { Refusal } from "./refusal.ts";

/** The refusal of what another registry did not give. What it asked of us is not asked of clients. */
export function upstreamFailure(registry: string, error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof UnauthorizedError) {
    return new Refusal(
      403,
      "DENIED",
      `${registry} has no such repository, or does not let this cache in`,
      { cause: error },
    );
  }
  if (error instanceof RegistryError && error.status === 429) {
    return new Refusal(429, "TOOMANYREQUESTS", `${registry} was asked too often`, {
      cause: error,
      headers: { "retry-after": "60" },
    });
  }
  return new Refusal(502, "UNKNOWN", `${registry} does not answer as it should`, { cause: error });
}

/** Whether another registry said that there is no such thing, rather than nothing of use. */
export function isMissing(error: unknown): boolean {
  return error instanceof NotFoundError;
}
