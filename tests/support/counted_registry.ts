import { serveRegistry } from "../../lib/server/serve_registry.ts";

/** A registry in this process that counts what it is asked. */
export interface CountedRegistry extends AsyncDisposable {
  /** What names in it begin with. */
  readonly address: string;
  /** Runs something, and returns the requests that came meanwhile: `GET /v2/app/manifests/v1`. */
  requestsOf(run: () => Promise<unknown>): Promise<readonly string[]>;
}

/** Serves an empty registry that counts. */
export async function serveCounted(): Promise<CountedRegistry> {
  let requests: string[] = [];
  const server = await serveRegistry({
    log: ({ method, path }) => void requests.push(`${method} ${path}`),
  });
  return {
    address: server.address,
    async requestsOf(run) {
      requests = [];
      await run();
      return requests;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
