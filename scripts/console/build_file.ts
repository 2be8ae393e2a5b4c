import { type Lock, parseLock } from "../../lib/compose/lock.ts";
import { parseSpec } from "../../lib/compose/parse_spec.ts";
import type { BuildSpec } from "../../lib/compose/spec.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { fileFailure } from "../../lib/layer/file_failure.ts";
import { resolvePath } from "../../lib/places/resolve_location.ts";

const DEFAULT_FILES = ["davit.yaml", "davit.yml", "davit.json"];

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
    ? DEFAULT_FILES.map((name) => resolvePath(name, directory))
    : [file];
  for (const path of candidates) {
    const text = await readText(path);
    if (text === undefined) continue;
    const spec = await parseSpec(text, path);
    return { spec, root: directory === "." ? parentOf(path) : directory };
  }
  throw new NotFoundError("build file", candidates[0] ?? "davit.yaml");
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
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
