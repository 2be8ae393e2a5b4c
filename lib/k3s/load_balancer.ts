import type { PortMapping } from "./port_mapping.ts";

/** What the load balancer passes on. */
export interface Route {
  /** The port it listens on, which is that of the nodes too. */
  readonly port: number;
  /** The protocol. */
  readonly protocol: PortMapping["protocol"];
  /** The addresses of the nodes. */
  readonly targets: readonly string[];
}

/** Settings of the load balancer. */
export interface BalancerSettings {
  /** Connections at once of a worker; 1024 unless said. */
  readonly workerConnections?: number;
  /** Seconds without a byte after which a connection is closed; 600 unless said. */
  readonly defaultProxyTimeout?: number;
}

/** The image of the load balancer unless it is said: nginx with its `stream` module. */
export const BALANCER_IMAGE = "docker.io/library/nginx:1.27-alpine";

/** What nginx says once it listens. */
export const BALANCER_WORDS = "start worker processes";

/** Where nginx reads its configuration from. */
export const BALANCER_CONFIG = "/etc/nginx/nginx.conf";

/**
 * Writes the configuration of nginx for some routes. Of several servers, one that does not answer is
 * left alone for ten seconds.
 */
export function nginxConfig(routes: readonly Route[], settings: BalancerSettings = {}): string {
  const { workerConnections = 1024, defaultProxyTimeout = 600 } = settings;
  return [
    "error_log stderr notice;",
    "worker_processes auto;",
    `events { worker_connections ${workerConnections}; }`,
    "stream {",
    `  proxy_timeout ${defaultProxyTimeout}s;`,
    "  proxy_connect_timeout 2s;",
    ...routes.flatMap(routeLines),
    "}",
    "",
  ].join("\n");
}

/**
 * Reads settings in k3d's words: `settings.workerConnections=2048`.
 *
 * @throws {SyntaxError} For a setting that is not known, or no number.
 */
export function parseBalancerSettings(overrides: readonly string[]): BalancerSettings {
  return Object.fromEntries(overrides.map((text) => {
    const [, name, value] =
      /^(?:settings\.)?(workerConnections|defaultProxyTimeout)=(\d{1,6})$/.exec(text) ?? [];
    if (name === undefined) {
      throw new SyntaxError(
        `Cannot set "${text}" of the load balancer: expected settings.workerConnections=N or ` +
          "settings.defaultProxyTimeout=SECONDS",
      );
    }
    return [name, Number(value)];
  }));
}

function routeLines({ port, protocol, targets }: Route): readonly string[] {
  const name = `${protocol}_${port}`;
  const servers = targets.map((target) => `server ${target}:${port} max_fails=1 fail_timeout=10s;`);
  const udp = protocol === "udp" ? " udp reuseport" : "";
  return [
    `  upstream ${name} { ${servers.join(" ")} }`,
    `  server { listen ${port}${udp}; proxy_pass ${name}; }`,
  ];
}
