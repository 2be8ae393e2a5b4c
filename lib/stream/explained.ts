/**
 * Takes bytes for a sink, and fails with what `explain` makes of its errors.
 *
 * @param explain Makes the error to fail with; what it returns is thrown.
 */
export function explained(
  sink: WritableStream<Uint8Array>,
  explain: (error: unknown) => unknown,
): WritableStream<Uint8Array> {
  const writer = sink.getWriter();
  const fail = (error: unknown) => Promise.reject(explain(error));
  writer.closed.catch(() => {});
  return new WritableStream({
    write: (chunk) => writer.write(chunk).catch(fail),
    close: () => writer.close().catch(fail),
    abort: (reason) => writer.abort(reason),
  });
}
