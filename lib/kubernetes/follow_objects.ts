import type { CallOptions } from "../layer/content_source.ts";
import { KubernetesError } from "./kubernetes_error.ts";
import type { KubernetesApi } from "./api.ts";
import type { KubernetesObject } from "./object.ts";

interface List<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: T;
}

/**
 * Follows the objects at a path of the API: gives all that are there, first as they are found, then
 * again after each change.
 *
 * @param path A list: `/api/v1/namespaces/default/pods?labelSelector=app%3Dsite`.
 * @throws {KubernetesError} When the API refuses.
 */
export async function* followObjects<T extends KubernetesObject>(
  api: KubernetesApi,
  path: string,
  options: CallOptions = {},
): AsyncGenerator<readonly T[]> {
  const [plain, query = ""] = path.split("?");
  const kept = query === "" ? "" : `&${query}`;
  for (;;) {
    const list = await api.get<List<T>>(path, options);
    const items = new Map(list.items.map((item) => [item.metadata.uid, item]));
    yield [...items.values()];
    const { resourceVersion } = list.metadata;
    const watch = `${plain}?watch=1&resourceVersion=${resourceVersion}${kept}`;
    try {
      for await (const events of readEvents<T>(await api.stream(watch, options))) {
        for (const { object, type } of events) change(items, type, object);
        yield [...items.values()];
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof KubernetesError && error.status !== 410) throw error;
    }
  }
}

function change<T extends KubernetesObject>(
  items: Map<string | undefined, T>,
  type: WatchEvent<T>["type"],
  object: T,
): void {
  if (type === "DELETED") items.delete(object.metadata.uid);
  else if (type === "ADDED" || type === "MODIFIED") items.set(object.metadata.uid, object);
  else if (type === "ERROR") throw new KubernetesError("Cannot go on watching", { status: 410 });
}

/** Splits a stream into lines of JSON; those that came together are given together. */
async function* readEvents<T>(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<readonly WatchEvent<T>[]> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) yield lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  }
}
