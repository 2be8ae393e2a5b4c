import { CredentialError } from "../errors.ts";

/** Replaces a file at once by one that only its owner may read; a link to it stays a link. */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  try {
    const slash = path.lastIndexOf("/");
    if (slash > 0) await Deno.mkdir(path.slice(0, slash), { recursive: true, mode: 0o700 });
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
    throw new CredentialError(`Cannot write "${path}": check who may write it`, { cause });
  }
}
