/** How long it must be quiet before changes are told, in milliseconds: one save is several events. */
const QUIET = 30;
/** How long they are kept back at most, in milliseconds. */
const PATIENCE = 300;

/**
 * Watches files and directories with all that is in them, and tells of changes when it has become
 * quiet. When more happened than the system can tell, everything is said to have changed.
 */
export class InputWatch implements Disposable {
  readonly #onChange: (paths: readonly string[]) => void;
  readonly #pending = new Set<string>();
  #inputs: readonly string[] = [];
  #watchers: readonly Deno.FsWatcher[] = [];
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #overdue: ReturnType<typeof setTimeout> | undefined;

  /** Watches nothing yet. @param onChange Hears the paths that changed. */
  constructor(onChange: (paths: readonly string[]) => void) {
    this.#onChange = onChange;
  }

  /** Watches other inputs from now on. @param inputs Absolute paths. */
  renew(inputs: readonly string[]): void {
    const { trees, directories } = sortInputs(inputs);
    if (JSON.stringify(inputs) === JSON.stringify(this.#inputs)) return;
    const before = this.#watchers;
    this.#inputs = inputs;
    this.#watchers = [
      ...trees.length === 0 ? [] : [Deno.watchFs(trees, { recursive: true })],
      ...directories.length === 0 ? [] : [Deno.watchFs(directories, { recursive: false })],
    ];
    for (const watcher of this.#watchers) void this.#hearAll(watcher);
    for (const watcher of before) watcher.close();
  }

  /** Ends the watch. */
  [Symbol.dispose](): void {
    clearTimeout(this.#quiet);
    clearTimeout(this.#overdue);
    for (const watcher of this.#watchers) watcher.close();
  }

  async #hearAll(watcher: Deno.FsWatcher): Promise<void> {
    try {
      for await (const event of watcher) this.#hear(event);
    } catch {
      // it was closed
    }
  }

  #hear(event: Deno.FsEvent): void {
    if (event.kind === "access") return;
    const paths = event.flag === "rescan" ? this.#inputs : event.paths;
    for (const path of paths) this.#pending.add(path);
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#tell(), QUIET);
    this.#overdue ??= setTimeout(() => this.#tell(), PATIENCE);
  }

  #tell(): void {
    clearTimeout(this.#quiet);
    clearTimeout(this.#overdue);
    this.#overdue = undefined;
    const paths = [...this.#pending];
    this.#pending.clear();
    this.#onChange(paths);
  }
}

/**
 * Directories are watched as trees, files and what is not there by the directory they are in: editors
 * put another file in the place of one.
 */
function sortInputs(inputs: readonly string[]): { trees: string[]; directories: string[] } {
  const trees = new Set<string>();
  const directories = new Set<string>();
  for (const input of inputs) {
    if (isDirectory(input)) trees.add(input);
    else {
      let parent = parentOf(input);
      while (!isDirectory(parent) && parent !== "/") parent = parentOf(parent);
      directories.add(parent);
    }
  }
  return { trees: [...trees], directories: [...directories] };
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
