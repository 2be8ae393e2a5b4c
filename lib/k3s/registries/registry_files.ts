import type { NodeFile } from "../node.ts";
import { CONTENT_PATH, type RegistryContainer } from "./registry.ts";
import type { RegistryProxySpec } from "./registry_spec.ts";

/** Where an image as `registry:2` is told its settings: it knows by the name that they are such. */
const SETTINGS_PATH = "/etc/davit/registry.yml";

/** Where davit's own finds who signs in where. */
const CREDENTIALS_PATH = "/root/.docker/config.json";

/** The words for a registry's program. */
export function registryCommand(registry: RegistryContainer): readonly string[] {
  const { kind, port, upstream: name, isUpstreamPlain } = registry;
  if (kind === "distribution") return [SETTINGS_PATH];
  const upstream = isUpstreamPlain ? `http://${name}` : name;
  return [
    ...["--address", `0.0.0.0:${port}`, "--disk", CONTENT_PATH],
    ...(upstream === undefined ? [] : ["--upstream", upstream, "--fallback", upstream]),
  ];
}

/**
 * The files that a registry has before it starts. Passwords are in them alone, for their owner, and
 * neither in labels nor in variables, which `docker inspect` tells everybody.
 */
export function registryFiles(
  registry: RegistryContainer,
  proxy: RegistryProxySpec = {},
): readonly NodeFile[] {
  if (registry.kind === "distribution") {
    const content = JSON.stringify(distributionSettings(registry, proxy), null, 2); // JSON is YAML
    return [{ path: SETTINGS_PATH, content, mode: 0o600 }];
  }
  const { username, password = "" } = proxy;
  if (username === undefined || registry.upstream === undefined) return [];
  const host = registry.upstream === "docker.io"
    ? "https://index.docker.io/v1/"
    : registry.upstream;
  const auth = new TextEncoder().encode(`${username}:${password}`).toBase64();
  const content = JSON.stringify({ auths: { [host]: { auth } } });
  return [{ path: CREDENTIALS_PATH, content, mode: 0o600 }];
}

/** @see {@link https://distribution.github.io/distribution/about/configuration/ distribution, configuration} */
function distributionSettings(
  { port, canDelete }: RegistryContainer,
  proxy: RegistryProxySpec,
): unknown {
  const { remoteURL: remoteurl, username, password } = proxy;
  return {
    version: 0.1,
    log: { level: "info" },
    storage: { filesystem: { rootdirectory: CONTENT_PATH }, delete: { enabled: canDelete } },
    http: { addr: `:${port}` },
    ...(remoteurl === undefined ? {} : { proxy: { remoteurl, username, password } }),
  };
}
