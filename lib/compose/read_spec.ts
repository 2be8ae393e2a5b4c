import { NotFoundError, SpecError } from "../errors.ts";
import { fileFailure } from "../layer/file_failure.ts";
import { parseSpec } from "./parse_spec.ts";
import type { BuildSpec } from "./spec.ts";

/** What a module may give as its build. */
type BuildModule =
  | BuildSpec
  | { readonly spec: BuildSpec }
  | (() => BuildModule | Promise<BuildModule>);

/**
 * Reads a build file: YAML, JSON, or a module of JavaScript or TypeScript whose default export is a
 * build, a spec, or a function that gives one. A module is run, and anew at each call; what it imports
 * is not.
 *
 * @throws {NotFoundError} When it is not there.
 * @throws {SpecError} When it is no build file.
 */
export async function readSpec(path: string): Promise<BuildSpec> {
  if (/\.[cm]?[jt]s$/.test(path)) return await importSpec(path);
  return await parseSpec(await Deno.readTextFile(path).catch((cause) => refuse(path, cause)), path);
}

async function importSpec(path: string): Promise<BuildSpec> {
  const { mtime } = await Deno.stat(path).catch((cause) => refuse(path, cause));
  const url = new URL(`file://${encodeURI(await Deno.realPath(path))}`);
  url.search = `changed=${mtime?.getTime() ?? 0}`;
  let made: BuildModule | undefined;
  try {
    made = (await import(url.href)).default;
    while (typeof made === "function") made = await made();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SpecError(`Cannot run "${path}": ${why}`, { cause });
  }
  if (typeof made !== "object" || made === null) {
    throw new SpecError(`Cannot use "${path}": expected a build as its default export, got none`);
  }
  return await parseSpec(JSON.stringify("spec" in made ? made.spec : made), path);
}

function refuse(path: string, cause: unknown): never {
  if (cause instanceof Deno.errors.NotFound) throw new NotFoundError("build file", path);
  throw fileFailure("read", path, cause);
}
