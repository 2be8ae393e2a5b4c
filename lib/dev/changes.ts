import type { ImageSource } from "./image_source.ts";

/** Why a cycle is given up: there is something newer. */
const SUPERSEDED = new DOMException("Cannot go on: the inputs have changed", "AbortError");

/** What has changed since the last cycle began; a change ends the cycle that runs. */
export class Changes {
  readonly #sources: readonly ImageSource[];
  readonly #manifests: readonly string[];
  readonly #paths = new Set<string>();
  #cycle = new AbortController();
  #wake = Promise.withResolvers<void>();
  /** Whether the manifests are to be applied: at first, and when they have changed. */
  mustApply = true;

  /** @param manifests Files and directories of manifests, absolute. */
  constructor(sources: readonly ImageSource[], manifests: readonly string[]) {
    this.#sources = sources;
    this.#manifests = manifests;
  }

  /** Takes note of changes at paths; those that concern nothing are passed over. */
  note(paths: readonly string[]): void {
    const isManifest = paths.some((path) =>
      this.#manifests.some((manifest) => path === manifest || path.startsWith(`${manifest}/`))
    );
    const concerned = this.#sources.map((source) => source.changed(paths));
    if (!isManifest && !concerned.includes(true)) return;
    if (isManifest) this.mustApply = true;
    for (const path of paths) this.#paths.add(path);
    this.#cycle.abort(SUPERSEDED);
    this.#wake.resolve();
  }

  /** Begins a cycle with what has changed so far: the signal ends it when there is more. */
  begin(): { readonly signal: AbortSignal; readonly paths: readonly string[] } {
    const paths = [...this.#paths];
    this.#paths.clear();
    this.#cycle = new AbortController();
    this.#wake = Promise.withResolvers();
    return { signal: this.#cycle.signal, paths };
  }

  /** Whether there is something for a new cycle. */
  get arePending(): boolean {
    return this.#cycle.signal.aborted;
  }

  /** Waits until there is something. */
  async pending(): Promise<void> {
    await this.#wake.promise;
  }
}
