import { FileError } from "../errors.ts";
import { kubeconfigNames } from "./kubeconfig.ts";
import { KubeconfigDocument } from "./kubeconfig_document.ts";
import { type LockOptions, withKubeconfigLock } from "./kubeconfig_lock.ts";

/** Options of {@linkcode mergeKubeconfig}. */
export interface MergeKubeconfigOptions extends LockOptions {
  /** Whether entries of the same names are replaced; true unless said. */
  readonly overwrite?: boolean;
  /** Whether the merged one's context becomes the current one; else only where there is none. */
  readonly switchContext?: boolean;
}

/**
 * Merges a kubeconfig into the user's, as kubectl would: under its lock, by a rename, with comments,
 * order and mode kept. A link stays a link.
 *
 * @param paths The files of `KUBECONFIG`. One that exists is changed, else the last is made.
 * @returns The path that was written.
 * @throws {AlreadyExistsError} When entries of the same names may not be replaced.
 * @throws {FileError} When the file cannot be read as a kubeconfig, locked or written.
 */
export async function mergeKubeconfig(
  paths: readonly string[],
  kubeconfig: string,
  options: MergeKubeconfigOptions = {},
): Promise<string> {
  const { overwrite = true, switchContext = false } = options;
  const added = await KubeconfigDocument.parse(kubeconfig, "the cluster's kubeconfig");
  const path = await chooseFile(paths);
  await edit(path, (document) => {
    document.merge(added, { overwrite });
    if (switchContext || document.currentContext === "") {
      document.currentContext = added.currentContext;
    }
    return true;
  }, options);
  return path;
}

/**
 * Removes a cluster from the user's kubeconfig: its own entries only. Where its context was the
 * current one, there is none afterwards, rather than another cluster's.
 *
 * @param paths The files of `KUBECONFIG`; those that are missing are left so.
 * @throws {FileError} When a file cannot be read as a kubeconfig, locked or written.
 */
export async function removeFromKubeconfig(
  paths: readonly string[],
  cluster: string,
  options: LockOptions = {},
): Promise<void> {
  const { context, user } = kubeconfigNames(cluster);
  for (const path of paths) {
    if (!(await readIfThere(path)).includes(context)) continue;
    await edit(path, (document) => {
      const removed = [
        document.remove("clusters", context),
        document.remove("contexts", context),
        document.remove("users", user),
      ];
      const isCurrent = document.currentContext === context;
      if (isCurrent) document.currentContext = "";
      return isCurrent || removed.includes(true);
    }, options);
  }
}

/** The first that exists; else the last, as kubectl does it. */
async function chooseFile(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    if (await Deno.stat(path).then(() => true, () => false)) return path;
  }
  const last = paths.at(-1);
  if (last !== undefined) return last;
  throw new TypeError("Cannot choose a kubeconfig: expected at least one path");
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return "";
    throw new FileError(`Cannot read "${path}": ${(cause as Error).message}`, path, { cause });
  }
}

/** @param change Says whether it changed anything. */
async function edit(
  path: string,
  change: (document: KubeconfigDocument) => boolean,
  options: LockOptions,
): Promise<void> {
  await Deno.mkdir(path.replace(/\/[^/]*$/, "") || "/", { recursive: true });
  await withKubeconfigLock(path, async () => {
    const document = await KubeconfigDocument.parse(await readIfThere(path), path);
    if (change(document)) await replace(path, document.format());
  }, options);
}

async function replace(path: string, text: string): Promise<void> {
  const target = await Deno.realPath(path).catch(() => path);
  const mode = (await Deno.stat(target).catch(() => undefined))?.mode ?? 0o600;
  const temporary = `${target}.${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(temporary, text, { createNew: true, mode: mode & 0o777 });
    await Deno.rename(temporary, target);
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    throw new FileError(`Cannot write "${path}": ${(cause as Error).message}`, path, { cause });
  }
}
