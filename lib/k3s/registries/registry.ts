import { SpecError } from "../../errors.ts";
import { parseRegistry } from "../../oci/registry_name.ts";
import { findFreePort } from "../free_port.ts";
import { parseVolumeMount, type VolumeMount } from "../volume_mount.ts";
import type { RegistrySpec } from "./registry_spec.ts";

/** A registry in a container, with everything decided. It holds no secrets. */
export interface RegistryContainer {
  /** The container's name, by which nodes reach it. */
  readonly name: string;
  /** The image it is made of. */
  readonly image: string;
  /** Whether it is davit's own, or one that starts as `registry:2` does. */
  readonly kind: "davit" | "distribution";
  /** The address of the host that it listens on. */
  readonly hostIp: string;
  /** The port of the host. */
  readonly hostPort: number;
  /** The port in the container. */
  readonly port: number;
  /** Directories and volumes of the user. */
  readonly volumes: readonly VolumeMount[];
  /** The registry that it fetches from, if it does: `docker.io`. */
  readonly upstream?: string;
  /** Whether that may be spoken to without TLS. */
  readonly isUpstreamPlain?: boolean;
  /** Whether manifests can be deleted. */
  readonly canDelete: boolean;
}

/** What only the engine's machine can tell. */
export interface RegistrySurroundings {
  /** The host that published ports are reached at; `undefined` when it is this one. */
  readonly remoteHost: string | undefined;
  /** The image of davit's own registry; `undefined` where there can be none. */
  readonly ownImage: string | undefined;
}

/** Where an image as `registry:2` is comes from, where davit's own cannot be. */
export const FOREIGN_IMAGE = "docker.io/library/registry:2";

/** The port of a registry in its container unless it is said. */
export const REGISTRY_PORT = 5000;

/** Where a registry keeps its content. */
export const CONTENT_PATH = "/var/lib/registry";

const PREFIX = "davit-";
const MAX_LENGTH = 63;
const NAME_REGEXP = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;
const DOCKER_HUB: ReadonlySet<string> = new Set(["index.docker.io", "registry-1.docker.io"]);

/**
 * The name of the container for a registry: `davit-NAME`, which nodes of its clusters resolve.
 *
 * @throws {SyntaxError} When it is no host name.
 */
export function registryName(name: string): string {
  const full = name.startsWith(PREFIX) ? name : `${PREFIX}${name}`;
  if (NAME_REGEXP.test(name) && full.length <= MAX_LENGTH) return full;
  throw new SyntaxError(
    `Cannot call a registry "${name}": expected at most ${MAX_LENGTH - PREFIX.length} lower case ` +
      "letters, digits, dots and dashes, with a letter or digit at both ends",
  );
}

/**
 * Decides everything about a registry's container.
 *
 * @param fallbackName What it is called unless the spec says.
 * @throws {SyntaxError} For a name, port, volume or URL that means nothing.
 * @throws {SpecError} For values that do not go together.
 */
export function arrangeRegistry(
  spec: RegistrySpec,
  fallbackName: string,
  { remoteHost, ownImage }: RegistrySurroundings,
): RegistryContainer {
  const { host, proxy = {}, volumes = [], enforcePortMatch = false, deleteEnabled } = spec;
  const image = spec.image ?? ownImage ?? FOREIGN_IMAGE;
  const hostIp = host ?? (remoteHost === undefined ? "127.0.0.1" : "0.0.0.0");
  const hostPort = parsePort(spec.hostPort) ?? findFreePort(hostIp, remoteHost === undefined);
  const { remoteURL, username, password } = proxy;
  if (remoteURL === undefined && (username ?? password) !== undefined) {
    throw new SpecError(
      "Cannot sign in at another registry: expected its URL too, as proxy.remoteURL or " +
        "--proxy-remote-url",
    );
  }
  return {
    name: registryName(spec.name ?? fallbackName),
    image,
    kind: image === ownImage ? "davit" : "distribution",
    hostIp: hostIp.replace(/^\[(.*)\]$/, "$1"),
    hostPort,
    port: enforcePortMatch ? hostPort : REGISTRY_PORT,
    volumes: volumes.map(parseVolumeMount),
    ...(remoteURL === undefined ? {} : upstreamOf(remoteURL)),
    canDelete: deleteEnabled ?? false,
  };
}

/** The registry whose images are at a URL: Docker Hub's API has another name than its images. */
function upstreamOf(
  remoteURL: string,
): Pick<RegistryContainer, "upstream" | "isUpstreamPlain"> {
  const url = URL.parse(remoteURL.includes("://") ? remoteURL : `https://${remoteURL}`);
  const isPlain = url?.protocol === "http:" || url?.protocol === "https:";
  if (url === null || !isPlain || url.pathname !== "/" || url.username !== "") {
    throw new SyntaxError(
      `Cannot fetch from "${remoteURL}": expected https://HOST[:PORT], without a path and a user`,
    );
  }
  const name = parseRegistry(url.host);
  return {
    upstream: DOCKER_HUB.has(name) ? "docker.io" : name,
    ...(url.protocol === "http:" ? { isUpstreamPlain: true } : {}),
  };
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined || text === "random") return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65535) return port;
  throw new SyntaxError(
    `Cannot publish a registry at port "${text}": expected 1 to 65535, or "random"`,
  );
}
