import { parseIgnore } from "../layer/ignore.ts";
import type { Layer } from "../layer/layer.ts";
import { resolvePath } from "../places/resolve_location.ts";
import type { LayerSpec } from "./spec.ts";

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
  readonly #layers = new Map<string, { readonly spec: LayerSpec; readonly made: Promise<Layer> }>();

  /** The layer of a spec, which is made at the first call. */
  layer(spec: LayerSpec, make: () => Promise<Layer>): Promise<Layer> {
    const key = JSON.stringify(spec);
    const known = this.#layers.get(key);
    if (known !== undefined) return known.made;
    const made = make();
    made.catch(() => this.#layers.delete(key));
    this.#layers.set(key, { spec, made });
    return made;
  }

  /**
   * Forgets the layers that a path has to do with: their inputs have changed.
   *
   * @param path Absolute. @param directory What the paths of the specs are relative to, absolute.
   * @returns How many there were.
   */
  forget(path: string, directory: string): number {
    const concerned = [...this.#layers].filter(([, { spec }]) =>
      inputsOf(spec).some((input) => concerns(path, resolvePath(input, directory), spec))
    );
    for (const [key] of concerned) this.#layers.delete(key);
    return concerned.length;
  }

  /** Forgets all layers. */
  clear(): void {
    this.#layers.clear();
  }
}

/** The files and directories of this machine that a layer is made from. */
export function inputsOf(layer: LayerSpec): readonly string[] {
  if ("copy" in layer) return [layer.copy];
  return "tar" in layer ? [layer.tar] : [];
}

/** Whether a change at a path may change what a layer is made of. */
function concerns(path: string, input: string, layer: LayerSpec): boolean {
  if (path === input || input.startsWith(`${path}/`)) return true;
  if (!path.startsWith(`${input}/`)) return false;
  if (!("ignore" in layer) || layer.ignore === undefined) return true;
  const rules = parseIgnore(layer.ignore);
  const inside = path.slice(input.length + 1);
  return !rules.ignores(inside) || rules.mayHoldExceptions(inside);
}
