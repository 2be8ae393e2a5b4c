/**
 * Computes a value once for all callers, at the first call. A failure is not remembered: the next
 * call tries again, so that what a single-pass layer did not know yet is known after its pass.
 */
export function remember<T>(compute: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined;
  return () => {
    if (pending !== undefined) return pending;
    const attempt = compute();
    pending = attempt;
    attempt.catch(() => {
      if (pending === attempt) pending = undefined;
    });
    return attempt;
  };
}
