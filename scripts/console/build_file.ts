import { type Lock, parseLock } from "../../lib/compose/lock.ts";
import { readSpec } from "../../lib/compose/read_spec.ts";
import type { BuildSpec } from "../../lib/compose/spec.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { fileFailure } from "../../lib/layer/file_failure.ts";
import { resolvePath } from "../../lib/places/resolve_location.ts";

/** The names that a build file has unless another is said. */
export const BUILD_FILES: readonly string[] = ["davit.yaml", "davit.yml", "davit.json"];

/** The name of the file that says what bases stand for. */
const LOCK_FILE = "davit.lock";

/** A build file that was read. */
export interface FoundSpec {
  /** What it says. */
  readonly spec: BuildSpec;
  /** What the spec's paths are relative to. */
  readonly root: string;
}

/** Reads the build file of a directory, or the one that is named. */
export async function readBuildFile(
  directory: string,
  file: string | undefined,
): Promise<FoundSpec> {
  const candidates = file === undefined
    ? BUILD_FILES.map((name) => resolvePath(name, directory))
    : [file];
  for (const path of candidates) {
    const spec = await unlessMissing(readSpec(path));
    if (spec === undefined) continue;
    return { spec, root: directory === "." ? parentOf(path) : directory };
  }
  throw new NotFoundError("build file", candidates[0] ?? "davit.yaml");
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  return await reading.catch((error) => {
    if (!(error instanceof NotFoundError)) throw error;
    return undefined;
  });
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw fileFailure("read", path, cause);
  }
}

/** Where the lock of a build lies: beside its file. */
export function lockPath(root: string): string {
  return resolvePath(LOCK_FILE, root);
}

/** Reads what the bases of a build were locked to. */
export async function readLock(root: string): Promise<Lock> {
  const path = lockPath(root);
  const text = await readText(path);
  if (text !== undefined) return parseLock(text, path);
  throw new NotFoundError("lock", path, `the build: "davit lock" writes it`);
}
