/**
 * The error that came first: of one that was suppressed while things were closed, the one before
 * it; of several at once, the first.
 */
export function originalError(error: unknown): unknown {
  if (error instanceof SuppressedError) return originalError(error.suppressed);
  if (error instanceof AggregateError && error.errors.length > 0) {
    return originalError(error.errors[0]);
  }
  return error;
}
