import { CredentialError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { removeJson, setJson } from "../oci/json.ts";
import {
  askHelper,
  eraseFromHelper,
  type HelperOptions,
  type RunHelper,
  storeInHelper,
} from "./credential_helper.ts";
import {
  canonicalKey,
  type DockerConfig,
  lookupKeys,
  parseDockerConfig,
  serverOf,
} from "./docker_config.ts";
import { dockerConfigPath, readConfig } from "./docker_config_files.ts";
import { withSecretFile, writeSecretFile } from "./secret_file.ts";

/** Options of {@linkcode storeLogin} and {@linkcode eraseLogin}. */
export interface DockerLoginOptions extends CallOptions {
  /** Reads an environment variable; there are none unless said. */
  readonly env?: (name: string) => string | undefined;
  /** The home directory; `HOME` or `USERPROFILE` of the environment unless said. */
  readonly home?: string;
  /** Runs a credential helper; a process unless said. */
  readonly runHelper?: RunHelper;
}

/** A user's name and password at a registry. */
export interface Login {
  /** The user's name, without ":". */
  readonly username: string;
  /** The password or access token. */
  readonly password: string;
}

const EMPTY = '{\n\t"auths": {}\n}\n';

/**
 * Keeps a login as `docker login` does: in the credential helper that docker's config names for the
 * registry, else in the config itself, which then only its owner may read. All else in the file
 * stays as it is, byte for byte; of two logins at once, none is lost. Older entries for the registry are gone afterwards.
 *
 * @param registry `host[:port]`.
 * @returns Where it was stored: the helper or the file.
 * @throws {CredentialError} When the helper fails, or the file cannot be read or written.
 * @example
 * ```ts
 * import { dockerKeychain, storeLogin } from "@davit/davit/registry";
 *
 * const home = await Deno.makeTempDir();
 * await storeLogin("registry.example", { username: "me", password: "secret" }, { home });
 * const found = await dockerKeychain({ home }).credentials("registry.example", "app");
 * console.assert(found?.username === "me");
 * await Deno.remove(home, { recursive: true });
 * ```
 */
export async function storeLogin(
  registry: string,
  login: Login,
  options: DockerLoginOptions = {},
): Promise<string> {
  return await withSecretFile(configPath(options), () => store(registry, login, options), options);
}

async function store(
  registry: string,
  { username, password }: Login,
  options: DockerLoginOptions,
): Promise<string> {
  const file = await openConfig(options);
  const key = keyOf(registry);
  const server = serverOf(key);
  const helper = helperOf(file.config, key);
  const cleared = without(file, key);
  if (helper !== undefined) {
    await storeInHelper(helper, { server, username, password }, helperOptions(file, options));
    if (cleared !== file.text) await writeSecretFile(file.path, cleared);
    return `"docker-credential-${helper}"`;
  }
  const auth = new TextEncoder().encode(`${username}:${password}`).toBase64();
  const text = edit(file, () => setJson(cleared, ["auths", server, "auth"], auth));
  await writeSecretFile(file.path, text);
  return file.path;
}

/**
 * Forgets the logins of a registry, as `docker logout` does: in docker's config and in the helper
 * that it names. Entries for a namespace of it stay, and so does what podman stored.
 *
 * @param registry `host[:port]`.
 * @returns What had something to forget: helper and file, or neither.
 * @throws {CredentialError} When the helper fails, or the file cannot be read or written.
 * @example
 * ```ts
 * import { eraseLogin } from "@davit/davit/registry";
 *
 * const home = await Deno.makeTempDir();
 * console.assert((await eraseLogin("registry.example", { home })).length === 0);
 * await Deno.remove(home, { recursive: true });
 * ```
 */
export async function eraseLogin(
  registry: string,
  options: DockerLoginOptions = {},
): Promise<readonly string[]> {
  const path = configPath(options);
  if (await readConfig(path) === undefined) return [];
  return await withSecretFile(path, () => erase(registry, options), options);
}

async function erase(registry: string, options: DockerLoginOptions): Promise<readonly string[]> {
  const file = await openConfig(options);
  const key = keyOf(registry);
  const helper = helperOf(file.config, key);
  const erased: string[] = [];
  if (helper !== undefined) {
    const how = helperOptions(file, options);
    if (await askHelper(helper, serverOf(key), how) !== undefined) {
      await eraseFromHelper(helper, serverOf(key), how);
      erased.push(`"docker-credential-${helper}"`);
    }
  }
  const text = without(file, key);
  if (text !== file.text) {
    await writeSecretFile(file.path, text);
    erased.push(file.path);
  }
  return erased;
}

interface ConfigFile {
  readonly path: string;
  readonly text: string;
  readonly config: DockerConfig;
}

function configPath(options: DockerLoginOptions): string {
  const path = dockerConfigPath(options);
  if (path !== undefined) return path;
  throw new CredentialError("Cannot find docker's config: expected HOME or DOCKER_CONFIG");
}

async function openConfig(options: DockerLoginOptions): Promise<ConfigFile> {
  const path = configPath(options);
  const found = await readConfig(path) ?? "";
  const text = found.trim() === "" ? EMPTY : found;
  return { path, text, config: parseDockerConfig(text, path) };
}

function keyOf(registry: string): string {
  return lookupKeys(registry, "").join();
}

function helperOf({ credHelpers, credsStore }: DockerConfig, key: string): string | undefined {
  return credHelpers.get(key) ?? credsStore;
}

function helperOptions({ path }: ConfigFile, options: DockerLoginOptions): HelperOptions {
  return { ...options, source: path, run: options.runHelper };
}

/** The config without the entries for a registry, however they are spelled. */
function without(file: ConfigFile, key: string): string {
  const { auths } = JSON.parse(file.text) as { auths?: unknown };
  const names = Object.keys(auths ?? {}).filter((name) => canonicalKey(name) === key);
  return edit(
    file,
    () => names.reduce((text, name) => removeJson(text, ["auths", name]), file.text),
  );
}

/** The words of a JSON error might quote the config, and with it a secret. */
function edit({ path }: ConfigFile, change: () => string): string {
  try {
    return change();
  } catch {
    throw new CredentialError(
      `Cannot change ${path}: expected JSON with an object in "auths" and no name twice`,
    );
  }
}
