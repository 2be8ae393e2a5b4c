import type { Layer } from "../layer/layer.ts";
import { SinglePassLayer } from "../layer/single_pass_layer.ts";
import type { Image, Index, View } from "../image/image.ts";
import { isStored } from "../image/open_view.ts";
import type { Transfers } from "./transfer.ts";

/** What an index lists, or the layers of an image. */
type Part = View | Layer;

/** How long a failed copy waits for views that must be read before their sources can be ended. */
const PATIENCE_MS = 500;

/** What the views of one copy consist of, and what has to be ended when the copy fails. */
export class Parts {
  readonly #transfers: Transfers;
  readonly #known = new Map<View, readonly Part[]>();
  readonly #abandoned = new Set<View>();
  #failure: { readonly reason: unknown } | undefined;

  /** @param transfers Bounds how much is read at once. */
  constructor(transfers: Transfers) {
    this.#transfers = transfers;
  }

  /** What an index lists. */
  childrenOf(index: Index): Promise<readonly View[]> {
    return this.#read(index, () => index.children());
  }

  /** The layers of an image. */
  layersOf(image: Image): Promise<readonly Layer[]> {
    return this.#read(image, () => image.layers());
  }

  /**
   * Ends the single-pass layers that a failed copy never came to, so that their sources close. What
   * lies in a place has none and is not read for this; what is being read, or is slow to read, is
   * ended when it comes.
   */
  async abandon(parts: Iterable<Part>, reason: unknown): Promise<void> {
    this.#failure = { reason };
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, PATIENCE_MS);
    await Promise.race([this.#end(parts, reason), late]);
    clearTimeout(timer);
  }

  async #end(parts: Iterable<Part>, reason: unknown): Promise<void> {
    for (const part of parts) {
      if (part instanceof SinglePassLayer) await part.abandon(reason);
      if (!("kind" in part) || isStored(part) || this.#abandoned.has(part)) continue;
      this.#abandoned.add(part);
      await this.#end(this.#known.get(part) ?? await open(part), reason);
    }
  }

  #read<T extends Part>(view: View, open: () => Promise<readonly T[]>): Promise<readonly T[]> {
    return this.#transfers.read(async () => {
      this.#known.set(view, []);
      const parts = await open();
      this.#known.set(view, parts);
      if (this.#failure !== undefined) await this.#end(parts, this.#failure.reason);
      return parts;
    });
  }
}

async function open(view: View): Promise<readonly Part[]> {
  try {
    if (view.kind === "index") return await view.children();
    return view.kind === "image" ? await view.layers() : [];
  } catch {
    return [];
  }
}
