/** Waits, a tenth of a second unless said, before something is asked again; the signal ends it at once. */
export async function pause(signal: AbortSignal | undefined, milliseconds = 100): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
  signal?.throwIfAborted();
}
