import type { RegistryRules } from "../../lib/mirrors/registry_rules.ts";
import type { Context } from "./context.ts";
import { readTextFile } from "./read_text_file.ts";

/**
 * Reads where registries' images are read from: the file of the flag, of `DAVIT_REGISTRIES_CONFIG`,
 * or of the user's settings; `undefined` when there is none.
 *
 * @throws {NotFoundError} When a file that was named is not there.
 * @throws {SpecError} When it is no registries' config.
 */
export async function readRegistriesConfig(
  { env }: Context,
  named: string | undefined = env("DAVIT_REGISTRIES_CONFIG") || undefined,
): Promise<RegistryRules | undefined> {
  const path = named ?? await findSettings(env);
  if (path === undefined) return undefined;
  const text = await readTextFile(path);
  const { parseRegistries } = await import("../../lib/mirrors/parse_registries.ts");
  return await parseRegistries(text, path);
}

async function findSettings(env: Context["env"]): Promise<string | undefined> {
  const home = env("HOME") ?? env("USERPROFILE");
  const settings = env("XDG_CONFIG_HOME") || (home && `${home}/.config`);
  if (!settings) return undefined;
  const path = `${settings}/davit/registries.yaml`;
  return await Deno.stat(path).then((info) => info.isFile, () => false) ? path : undefined;
}
