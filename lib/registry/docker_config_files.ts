import { CredentialError } from "../errors.ts";

/** What the places of configs depend on. */
export interface ConfigEnvironment {
  /** Reads an environment variable. */
  readonly env?: (name: string) => string | undefined;
  /** The home directory; `HOME` or `USERPROFILE` of the environment unless said. */
  readonly home?: string;
}

/** Docker's `config.json`; `undefined` where nothing says where a home is. */
export function dockerConfigPath(
  { env = () => undefined, home = env("HOME") ?? env("USERPROFILE") }: ConfigEnvironment,
): string | undefined {
  const directory = env("DOCKER_CONFIG") || (home && `${home}/.docker`);
  return directory ? `${directory}/config.json` : undefined;
}

/** Docker's config and podman's, in the order in which they count. */
export function configPaths(environment: ConfigEnvironment): string[] {
  const { env = () => undefined, home = env("HOME") ?? env("USERPROFILE") } = environment;
  const podman = env("REGISTRY_AUTH_FILE");
  const runtime = env("XDG_RUNTIME_DIR");
  const settings = env("XDG_CONFIG_HOME") || (home && `${home}/.config`);
  const paths: readonly (string | undefined)[] = [
    dockerConfigPath(environment),
    ...podman ? [podman] : [
      runtime && `${runtime}/containers/auth.json`,
      settings && `${settings}/containers/auth.json`,
    ],
  ];
  return paths.filter((path): path is string => Boolean(path));
}

/** Reads a config, `undefined` when there is none. */
export async function readConfig(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.IsADirectory) {
      return undefined;
    }
    throw new CredentialError(`Cannot read "${path}": check who may read it`, { cause });
  }
}
