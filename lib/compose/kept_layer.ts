import type { LayerFacts } from "../layer/layer_form.ts";
import { WriteBehind } from "../stream/write_behind.ts";

/** The bytes of a layer, kept in a file as they pass. A disk that fails fails nobody: nothing is kept. */
export class KeptLayer {
  readonly #file: Deno.FsFile;
  readonly #writer: WriteBehind;
  readonly #temporary: string;
  readonly #pathOf: (facts: LayerFacts) => string;
  #isWhole = true;
  #isOver = false;

  /**
   * Takes a file over.
   *
   * @param file Open for writing. @param temporary Its name until it is whole. @param pathOf Its name
   * from then on.
   */
  constructor(file: Deno.FsFile, temporary: string, pathOf: (facts: LayerFacts) => string) {
    this.#file = file;
    this.#writer = new WriteBehind(file);
    this.#temporary = temporary;
    this.#pathOf = pathOf;
  }

  /** Takes bytes; to be awaited before the next call. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#isWhole) await this.#try(async () => await this.#writer.append(bytes));
  }

  /** All bytes have passed: the file gets its name. */
  async keep(facts: LayerFacts): Promise<void> {
    await this.#end(() => Deno.rename(this.#temporary, this.#pathOf(facts)));
  }

  /** The bytes end before their end: the file goes. */
  async discard(): Promise<void> {
    this.#isWhole = false;
    await this.#end(() => Promise.resolve());
  }

  async #end(publish: () => Promise<void>): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#try(() => this.#writer.flush());
    this.#file.close();
    if (this.#isWhole) await this.#try(publish);
    if (!this.#isWhole) await Deno.remove(this.#temporary).catch(() => {});
  }

  async #try(task: () => Promise<void>): Promise<void> {
    await task().catch(() => {
      this.#isWhole = false;
    });
  }
}
