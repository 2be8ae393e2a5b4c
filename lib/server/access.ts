import { Refusal } from "./refusal.ts";
import type { Route } from "./route.ts";
import type { TokenOptions } from "./tokens.ts";

/** What somebody does to a repository. */
export type Action = "pull" | "push" | "delete";

/** Lets some users do something to some repositories. What no rule allows is refused. */
export interface AccessRule {
  /** Which repositories: `*` is any text without a slash, `**` any text. */
  readonly repositories: string;
  /** Names of users; `*` is whoever signed in, `anonymous` everybody. */
  readonly users: readonly string[];
  /** What they may do. Clients look before they push: give `pull` with `push`. */
  readonly actions: readonly Action[];
}

/** Who may use a registry, and how. */
export interface Auth {
  /** Says whether a user has a password. Asked once for a pair, and again after five minutes. */
  readonly verify: (user: string, password: string) => boolean | Promise<boolean>;
  /** What everybody may do; whoever signed in may do everything, unless said. */
  readonly rules?: readonly AccessRule[];
  /**
   * Gives users tokens in exchange for their password, at `/token`, as Docker's token authentication
   * has it; passwords are taken as well. Without it, they are sent with each request.
   */
  readonly tokens?: TokenOptions;
}

/** What whoever sent a request may do. */
export interface Grant {
  /** Who signed in. */
  readonly user?: string;
  /** Whether anything may be done anywhere. */
  readonly isUseful: boolean;
  /** Whether a token was shown, if only one for nobody. */
  readonly isToken?: boolean;
  /** Whether something may be done to a repository. */
  allows(action: Action, repository: string): boolean;
  /** Whether something could be done with a token that was asked for it. */
  couldAllow(action: Action, repository: string): boolean;
}

/** Makes the refusal of somebody who could sign in, or ask for more. */
export type Challenge = (message: string, scope?: string) => Refusal;

/** All that can be done. */
export const ACTIONS: readonly Action[] = ["pull", "push", "delete"];

/** The grant of a registry that asks nobody who they are. */
export const EVERYTHING: Grant = {
  isUseful: true,
  allows: () => true,
  couldAllow: () => true,
};

const SIGNED_IN: readonly AccessRule[] = [
  { repositories: "**", users: ["*"], actions: ACTIONS },
];

/** The scope that lists repositories. */
export const CATALOG_SCOPE = "registry:catalog:*";

/** Makes grants by rules. */
export function grantsOf(rules: readonly AccessRule[] = SIGNED_IN): (user?: string) => Grant {
  const compiled = rules.map((rule) => ({ ...rule, pattern: patternOf(rule.repositories) }));
  return (user) => {
    const mine = compiled.filter(({ users }) => appliesTo(users, user));
    const allows = (action: Action, repository: string) =>
      mine.some(({ actions, pattern }) => actions.includes(action) && pattern.test(repository));
    return {
      ...(user === undefined ? {} : { user }),
      isUseful: mine.length > 0,
      allows,
      couldAllow: allows,
    };
  };
}

/**
 * Refuses a request that its sender may not make. The base path is for users alone, because many
 * clients ask there, and nowhere else, whether they must sign in; so are the metrics.
 *
 * @throws {Refusal} With status 401 for whoever could sign in, 403 for whoever did.
 */
export function requireAccess(
  grant: Grant,
  { route, method }: { readonly route: Route; readonly method: string },
  challenge: Challenge,
): void {
  if (grant === EVERYTHING || route.kind === "health" || route.kind === "token") return;
  if (!("repository" in route)) {
    const isOpen = route.kind === "catalog"
      ? grant.isUseful
      : route.kind === "base" && grant.isToken;
    if (grant.user !== undefined || isOpen) return;
    throw challenge("sign in first", route.kind === "catalog" ? CATALOG_SCOPE : undefined);
  }
  const { repository } = route;
  const action = actionOf(route, method);
  if (grant.allows(action, repository)) return;
  if (grant.user === undefined || grant.couldAllow(action, repository)) {
    const actions = action === "push" ? "pull,push" : action;
    throw challenge(`sign in to ${action}`, `repository:${repository}:${actions}`);
  }
  throw new Refusal(403, "DENIED", `the user may not ${action} here`, {
    detail: { user: grant.user, action, repository },
  });
}

function actionOf({ kind }: Route, method: string): Action {
  if (kind === "uploads" || kind === "upload") return "push";
  if (method === "GET" || method === "HEAD") return "pull";
  return method === "DELETE" ? "delete" : "push";
}

function appliesTo(users: readonly string[], user: string | undefined): boolean {
  if (users.includes("anonymous")) return true;
  return user !== undefined && (users.includes("*") || users.includes(user));
}

function patternOf(glob: string): RegExp {
  const source = glob.split(/(\*+)/).map((part) => {
    if (part === "*") return "[^/]*";
    return part.startsWith("*") ? ".*" : RegExp.escape(part);
  });
  return new RegExp(`^${source.join("")}$`);
}
