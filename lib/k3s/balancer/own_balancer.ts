import type { BalancerSettings, Route } from "../load_balancer.ts";
import type { ServedRoutes } from "./serve_routes.ts";

/** The name of davit's own load balancer; names that begin so are never pulled from anywhere. */
export const OWN_BALANCER = "localhost/davit-balancer";

/** Where davit's own load balancer reads its routes from. */
export const ROUTES_PATH = "/etc/davit/routes.json";

/** What davit's own load balancer says once it listens. */
export const OWN_WORDS = "the load balancer listens";

/** Whether an image is that of davit's own load balancer. */
export function isOwnBalancer(image: string): boolean {
  return image.startsWith(`${OWN_BALANCER}:`);
}

/** What davit's own load balancer reads. */
export function ownBalancerConfig(routes: readonly Route[], settings: BalancerSettings): string {
  const served: ServedRoutes = { routes, timeout: settings.defaultProxyTimeout ?? 600 };
  return JSON.stringify(served);
}
