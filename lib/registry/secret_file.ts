import { CredentialError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { withLock } from "../store/lock.ts";

/** Replaces a file at once by one that only its owner may read; a link to it stays a link. */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  try {
    await makeParent(path);
    const target = await Deno.realPath(path).catch(() => path);
    const temporary = `${target}.${crypto.randomUUID()}`;
    try {
      await Deno.writeTextFile(temporary, text, { createNew: true, mode: 0o600 });
      await Deno.rename(temporary, target);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/**
 * Runs something that reads and replaces a file while nobody else does so by this function, in any
 * process. A file that is missing is created empty, for there must be something to lock.
 */
export async function withSecretFile<T>(
  path: string,
  run: () => Promise<T>,
  options: CallOptions = {},
): Promise<T> {
  for (;;) {
    await touch(path);
    const done = await withLock(path, async (locked) => {
      const isReplaced = await inodeOf(path) !== (await locked.stat()).ino;
      return isReplaced ? undefined : { result: await run() };
    }, options);
    if (done !== undefined) return done.result;
  }
}

async function touch(path: string): Promise<void> {
  try {
    await makeParent(path);
    (await Deno.open(path, { write: true, create: true, mode: 0o600 })).close();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

async function makeParent(path: string): Promise<void> {
  const slash = path.lastIndexOf("/");
  if (slash > 0) await Deno.mkdir(path.slice(0, slash), { recursive: true, mode: 0o700 });
}

async function inodeOf(path: string): Promise<number | null | undefined> {
  return await Deno.stat(path).then(({ ino }) => ino, () => undefined);
}

function unwritable(path: string, cause: unknown): CredentialError {
  return new CredentialError(`Cannot write "${path}": check who may write it`, { cause });
}
