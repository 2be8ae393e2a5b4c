import { parseIgnore } from "../layer/ignore.ts";
import type { Layer } from "../layer/layer.ts";
import { resolvePath } from "../places/resolve_location.ts";
import type { OneLayerSpec } from "./compose_layer.ts";
import type { CopySpec } from "./spec.ts";
import { type CopyPartSpec, DECIDING } from "./split_copy.ts";
import { toTreePart } from "./tree_class.ts";

/**
 * The layers of one composition, for the next: those whose inputs have not changed since are taken as
 * they are, and not looked at again.
 *
 * @example
 * ```ts
 * import { composeView, KnownLayers } from "@davit/davit/compose";
 *
 * const layers = new KnownLayers();
 * const open = () => Promise.reject(new Error("no base"));
 * const spec = { from: "scratch", layers: [{ files: { "etc/motd": "ahoy" } }] };
 * const [first, second] = [await composeView(spec, { open, layers }), await composeView(spec, { open, layers })];
 * console.assert((await first.descriptor()).digest === (await second.descriptor()).digest);
 * ```
 */
export class KnownLayers {
  readonly #known = new Map<string, Known>();

  /** The layer of a spec, which is made at the first call. */
  layer(spec: OneLayerSpec, make: () => Promise<Layer>): Promise<Layer> {
    return this.#remember(["layer", spec], spec, make);
  }

  /** The layers that a directory is split into, which is decided at the first call. */
  split(
    spec: CopySpec,
    decide: () => Promise<readonly CopyPartSpec[]>,
  ): Promise<readonly CopyPartSpec[]> {
    return this.#remember(["split", spec], { ...spec, part: DECIDING }, decide);
  }

  /**
   * Forgets what a path has to do with: inputs have changed.
   *
   * @param path Absolute. @param directory What the paths of the specs are relative to, absolute.
   * @returns How much there was.
   */
  forget(path: string, directory: string): number {
    const concerned = [...this.#known].filter(([, { spec }]) =>
      inputsOf(spec).some((input) => concerns(path, resolvePath(input, directory), spec))
    );
    for (const [key] of concerned) this.#known.delete(key);
    return concerned.length;
  }

  #remember<T>(name: readonly unknown[], spec: OneLayerSpec, make: () => Promise<T>): Promise<T> {
    const key = JSON.stringify(name);
    const known = this.#known.get(key)?.made as Promise<T> | undefined;
    if (known !== undefined) return known;
    const made = make();
    made.catch(() => this.#known.delete(key));
    this.#known.set(key, { spec, made });
    return made;
  }
}

interface Known {
  readonly spec: OneLayerSpec;
  readonly made: Promise<unknown>;
}

/** The files and directories of this machine that a layer is made from. */
export function inputsOf(layer: OneLayerSpec): readonly string[] {
  if ("copy" in layer) return [layer.copy];
  return "tar" in layer ? [layer.tar] : [];
}

/** Whether a change at a path may change what a layer is made of. */
function concerns(path: string, input: string, layer: OneLayerSpec): boolean {
  if (path === input || input.startsWith(`${path}/`)) return true;
  if (!path.startsWith(`${input}/`)) return false;
  if (!("copy" in layer)) return true;
  const inside = path.slice(input.length + 1);
  const rules = parseIgnore(layer.ignore ?? []);
  if (rules.ignores(inside) && !rules.mayHoldExceptions(inside)) return false;
  if (layer.part === undefined) return true;
  const part = toTreePart(layer.part);
  return part.has(inside) || part.mayHave(inside) && !isFile(path);
}

function isFile(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false; // what is gone may have been a directory
  }
}
