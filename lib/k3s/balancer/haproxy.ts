import { SpecError } from "../../errors.ts";
import type { BalancerSettings, Route } from "../load_balancer.ts";

/** Where HAProxy reads its configuration from. */
export const HAPROXY_CONFIG = "/usr/local/etc/haproxy/haproxy.cfg";

/** What HAProxy says once it listens. */
export const HAPROXY_WORDS = "Loading success";

/** Whether an image is one of HAProxy: `haproxy:3.0`, `haproxytech/haproxy-alpine:3.0`. */
export function isHaproxy(image: string): boolean {
  return /(?:^|\/)haproxy(?:-[^/:@]+)?(?:[:@][^/]*)?$/.test(image);
}

/**
 * Writes the configuration of HAProxy for some routes. A connection that a node does not take goes
 * to the next one.
 *
 * @throws {SpecError} For a route by UDP, which HAProxy does not pass on.
 */
export function haproxyConfig(routes: readonly Route[], settings: BalancerSettings = {}): string {
  const { workerConnections, defaultProxyTimeout = 600 } = settings;
  return [
    "global",
    "  log stderr format raw local0 notice",
    ...(workerConnections === undefined ? [] : [`  maxconn ${workerConnections}`]),
    "resolvers engine",
    "  parse-resolv-conf",
    "defaults",
    "  mode tcp",
    "  log global",
    "  timeout connect 2s",
    ...["client", "server"].map((side) => `  timeout ${side} ${defaultProxyTimeout}s`),
    "  option redispatch 1",
    ...routes.flatMap(routeLines),
    "",
  ].join("\n");
}

function routeLines({ port, protocol, targets }: Route): readonly string[] {
  if (protocol !== "tcp") {
    throw new SpecError(
      `Cannot publish port ${port}/${protocol} by HAProxy: expected TCP alone; choose nginx, or ` +
        "davit's own by --lb-image davit",
    );
  }
  return [
    `listen tcp_${port}`,
    `  bind :${port}`,
    "  balance roundrobin",
    `  retries ${targets.length}`,
    ...targets.map((target, index) => `  server node${index} ${target}:${port}${later(target)}`),
  ];
}

/** Names of nodes that are not up yet are asked for again. */
function later(target: string): string {
  return /^[\d.]+$/.test(target) ? "" : " resolvers engine init-addr last,libc,none";
}
