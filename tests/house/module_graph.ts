import { runOk } from "../support/command.ts";

/** The root of the repository, with a slash at its end. */
export const ROOT: string = new URL("../../", import.meta.url).pathname;

/** One module's imports. */
export interface ModuleImports {
  /** Path from the root of the repository, or a specifier such as `node:fs`. */
  readonly module: string;
  readonly imports: readonly { readonly module: string; readonly isDynamic: boolean }[];
}

interface DependencyInfo {
  readonly code?: { readonly specifier?: string };
  readonly type?: { readonly specifier?: string };
  readonly isDynamic?: boolean;
}

interface GraphInfo {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly DependencyInfo[];
  }[];
}

/** Reads what `deno info` knows of everything that `entry` leads to. */
export async function readModuleGraph(entry: string): Promise<ModuleImports[]> {
  const { stdout } = await runOk(Deno.execPath(), ["info", "--json", entry], { cwd: ROOT });
  const graph: GraphInfo = JSON.parse(stdout);
  return graph.modules.map(({ specifier, error, dependencies = [] }) => {
    if (error !== undefined) throw new Error(`Cannot read the graph of ${entry}: ${error}`);
    return {
      module: shorten(specifier),
      imports: dependencies.flatMap(({ code, type, isDynamic = false }) =>
        [code?.specifier, type?.specifier]
          .filter((target) => target !== undefined)
          .map((target) => ({ module: shorten(target), isDynamic }))
      ),
    };
  });
}

function shorten(specifier: string): string {
  return specifier.replace(`file://${ROOT}`, "");
}
