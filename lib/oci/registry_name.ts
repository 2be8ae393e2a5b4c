/** Docker Hub, where names without a registry are. */
export const DOCKER_HUB = "index.docker.io";

/** Options of {@linkcode parseRegistry}, {@linkcode parseRepository} and parseReference. */
export interface ParseNameOptions {
  /** Refuses names that leave something to a default; `false` unless said. */
  readonly strict?: boolean;
  /** The registry of names that have none; Docker Hub unless said. */
  readonly defaultRegistry?: string;
}

const AUTHORITY = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::([0-9]{1,5}))?$/;
const HOST_LABEL = "[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?";
const HOST = new RegExp(`^${HOST_LABEL}(?:\\.${HOST_LABEL})*$`);
const HOST_AND_PORT = 'a host name or an IP address, and ":port" if it has one';
const MAX_PORT = 65_535;

/**
 * Turns text into a registry's name, `host[:port]`, lower case; `docker.io` is
 * {@linkcode DOCKER_HUB}, and so is nothing at all.
 *
 * @throws {SyntaxError} When the text is no host with an optional port.
 * @example
 * ```ts
 * import { parseRegistry } from "@davit/davit/oci";
 *
 * console.assert(parseRegistry("docker.io") === "index.docker.io");
 * ```
 */
export function parseRegistry(text: string, options: ParseNameOptions = {}): string {
  const { strict = false, defaultRegistry = DOCKER_HUB } = options;
  refuseScheme("registry", text);
  if (text === "" && strict) throw misnamed("registry", text, HOST_AND_PORT);
  const name = text === "" ? defaultRegistry : text;
  const [, host = "", port = ""] = AUTHORITY.exec(name) ?? [];
  const canonical = canonicalHost(host);
  if (canonical === undefined || Number(port) > MAX_PORT) {
    throw misnamed("registry", name, suggestBrackets(name) ?? HOST_AND_PORT);
  }
  if (port !== "") return `${canonical}:${port}`;
  return canonical === "docker.io" ? DOCKER_HUB : canonical;
}

/**
 * The scheme a registry is spoken to by: plain http on the loopback interface (`localhost`,
 * `*.localhost`, `127.0.0.0/8`, `::1`), https everywhere else, private networks included.
 *
 * @example
 * ```ts
 * import { registryScheme } from "@davit/davit/oci";
 *
 * console.assert(registryScheme("localhost:5000") === "http");
 * console.assert(registryScheme("192.168.1.2:5000") === "https");
 * ```
 */
export function registryScheme(registry: string): "http" | "https" {
  const host = registry.toLowerCase().replace(/:[0-9]*$/, "");
  const isLoopback = host === "localhost" || host.endsWith(".localhost") || host === "[::1]" ||
    /^127(?:\.[0-9]{1,3}){3}$/.test(host);
  return isLoopback ? "http" : "https";
}

/** The error for a name that is not what it must be. */
export function misnamed(kind: string, text: string, expected: string): SyntaxError {
  return new SyntaxError(
    `Cannot parse ${kind} ${JSON.stringify(text.slice(0, 300))}: expected ${expected}`,
  );
}

/** Refuses `https://…`: a name is no URL. */
export function refuseScheme(kind: string, text: string): void {
  const [scheme] = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(text) ?? [];
  if (scheme === undefined) return;
  const name = JSON.stringify(text.slice(scheme.length, 300));
  throw misnamed(kind, text, `a name without "${scheme}": did you mean ${name}?`);
}

/**
 * A host as URLs have it, or `undefined`. URLs read `127.1` and `0x7f.1` as addresses: a host that
 * does not mean what it says is refused.
 */
function canonicalHost(host: string): string | undefined {
  const name = host.toLowerCase();
  const isAddress = name.startsWith("[");
  if (!isAddress && !HOST.test(name)) return undefined;
  const url = URL.parse(`http://${name}/`);
  if (url === null) return undefined;
  return isAddress || url.hostname === name ? url.hostname : undefined;
}

function suggestBrackets(name: string): string | undefined {
  const isAddress = URL.canParse(`http://[${name}]/`);
  return isAddress ? `an IPv6 address in brackets: did you mean "[${name}]"?` : undefined;
}
