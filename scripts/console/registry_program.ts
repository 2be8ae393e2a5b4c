import type { RegistryProgram } from "../../lib/k3s/registries/own_image.ts";

/**
 * What serves davit's own registry in a container: this executable, when davit is one; this script,
 * when davit is a bundle; `undefined` for its source, which the library finds.
 */
export function registryProgram(): RegistryProgram | undefined {
  const words = ["registry", "serve"];
  const executable = Deno.execPath();
  if (Deno.build.standalone) return { executable, words };
  if (import.meta.url !== Deno.mainModule) return undefined;
  return { executable, script: new URL(import.meta.url).pathname, words };
}
