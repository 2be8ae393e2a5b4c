import type { CallOptions } from "../layer/content_source.ts";
import type { RunHelper } from "./credential_helper.ts";
import { type DockerConfig, lookupKeys, parseDockerConfig, serverOf } from "./docker_config.ts";
import { configPaths, readConfig } from "./docker_config_files.ts";
import type { Credentials, Keychain } from "./keychain.ts";

/** Options of {@linkcode dockerKeychain}. */
export interface DockerKeychainOptions {
  /** Reads an environment variable; there are none unless said. */
  readonly env?: (name: string) => string | undefined;
  /** The home directory; `HOME` or `USERPROFILE` of the environment unless said. */
  readonly home?: string;
  /** Reads a file, `undefined` when there is none; the file system unless said. */
  readonly readFile?: (path: string) => Promise<string | undefined>;
  /** Runs a credential helper; a process unless said. */
  readonly runHelper?: RunHelper;
}

/**
 * The credentials that `docker login` and `podman login` left behind. In this order:
 *
 * 1. `DOCKER_AUTH_CONFIG`: the text of a config;
 * 2. `config.json` in `DOCKER_CONFIG`, or else in `~/.docker`;
 * 3. `REGISTRY_AUTH_FILE`, or else `containers/auth.json` in `XDG_RUNTIME_DIR` and in
 *    `XDG_CONFIG_HOME` or `~/.config`.
 *
 * The first that has something for the repository counts. An entry for a namespace or a repository
 * is used for nothing outside of it. The environment says where they are, and has to be given:
 * without `env` and `home` there are none.
 *
 * @example What docker login left, as the davit command finds it
 * ```ts
 * import { dockerKeychain, Transport } from "@davit/davit/registry";
 *
 * const keychain = dockerKeychain({ env: (name) => Deno.env.get(name) });
 * using transport = new Transport({ keychain });
 * ```
 * @example A home that is made up
 * ```ts
 * import { dockerKeychain } from "@davit/davit/registry";
 *
 * const auth = btoa("me:secret");
 * const keychain = dockerKeychain({
 *   home: "/home/me",
 *   readFile: () => Promise.resolve(JSON.stringify({ auths: { "ghcr.io": { auth } } })),
 * });
 * console.assert((await keychain.credentials("ghcr.io", "org/app"))?.username === "me");
 * ```
 */
export function dockerKeychain(options: DockerKeychainOptions): Keychain {
  const { env = () => undefined, readFile = readConfig, runHelper } = options;

  async function* configs(): AsyncGenerator<DockerConfig> {
    const inline = env("DOCKER_AUTH_CONFIG");
    if (inline) yield parseDockerConfig(inline, "DOCKER_AUTH_CONFIG");
    for (const path of configPaths({ ...options, env })) {
      const text = await readFile(path);
      if (text !== undefined && text.trim() !== "") yield parseDockerConfig(text, path);
    }
  }

  return {
    async credentials(registry, repository, options = {}) {
      const keys = lookupKeys(registry, repository);
      for await (const config of configs()) {
        const found = await findIn(config, keys, { ...options, run: runHelper });
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** Within one file the most precise key wins; the helper for all registries comes last. */
async function findIn(
  { auths, credHelpers, credsStore, source }: DockerConfig,
  keys: readonly string[],
  options: CallOptions & { readonly run: RunHelper | undefined },
): Promise<Credentials | undefined> {
  for (const key of keys) {
    const helper = credHelpers.get(key);
    const found = helper === undefined
      ? auths.get(key)
      : await ask(helper, serverOf(key), { ...options, source });
    if (found !== undefined && isUsable(found)) return found;
  }
  const host = keys.at(-1);
  if (credsStore === undefined || host === undefined) return undefined;
  return await ask(credsStore, serverOf(host), { ...options, source });
}

/** Few configs name a helper. */
async function ask(
  ...question: Parameters<typeof import("./credential_helper.ts").askHelper>
): Promise<Credentials | undefined> {
  const { askHelper } = await import("./credential_helper.ts");
  return await askHelper(...question);
}

/** With a helper for all registries, `auths` lists empty entries. */
function isUsable({ username, password, identityToken, registryToken }: Credentials): boolean {
  return Boolean((username && password) || identityToken || registryToken);
}
