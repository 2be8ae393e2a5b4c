import {
  BALANCER_CONFIG,
  BALANCER_WORDS,
  type BalancerSettings,
  nginxConfig,
  type Route,
} from "../load_balancer.ts";
import { HAPROXY_CONFIG, HAPROXY_WORDS, haproxyConfig, isHaproxy } from "./haproxy.ts";
import { isOwnBalancer, OWN_WORDS, ownBalancerConfig, ROUTES_PATH } from "./own_balancer.ts";

/** How a program that balances is told what to pass on. */
export interface BalancerKind {
  /** Where it reads its configuration from. */
  readonly path: string;
  /** Writes that configuration. */
  readonly config: (routes: readonly Route[], settings: BalancerSettings) => string;
  /** What it says once it listens. */
  readonly words: string;
  /** The signal by which it reads its configuration again; connections that are open stay so. */
  readonly reload: "HUP" | "USR2";
}

const OWN: BalancerKind = {
  path: ROUTES_PATH,
  config: ownBalancerConfig,
  words: OWN_WORDS,
  reload: "HUP",
};

const HAPROXY: BalancerKind = {
  path: HAPROXY_CONFIG,
  config: haproxyConfig,
  words: HAPROXY_WORDS,
  reload: "USR2",
};

const NGINX: BalancerKind = {
  path: BALANCER_CONFIG,
  config: nginxConfig,
  words: BALANCER_WORDS,
  reload: "HUP",
};

/** What runs in an image: davit's own, HAProxy, or else nginx. */
export function balancerKind(image: string): BalancerKind {
  if (isOwnBalancer(image)) return OWN;
  return isHaproxy(image) ? HAPROXY : NGINX;
}
