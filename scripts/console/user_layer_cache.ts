import { LayerCache } from "../../lib/compose/layer_cache.ts";
import type { Context } from "./context.ts";

/** The layers that this user's builds remember; none when there is no home to keep them in. */
export function userLayerCache(env: Context["env"]): LayerCache | undefined {
  const home = env("HOME");
  const caches = env("XDG_CACHE_HOME") || (home ? `${home}/.cache` : undefined);
  return caches === undefined ? undefined : new LayerCache(`${caches}/davit/layers`);
}
