/** What may be done in a repository, in the words of token services. */
export type Access = "pull" | "pull,push" | "pull,push,delete";

/** The order in which registries name actions. */
const ACTIONS: readonly string[] = ["pull", "push", "delete"];

/** The scope that lists a registry's repositories. */
export const CATALOG_SCOPE = "registry:catalog:*";

/** The scope of access to a repository. */
export function repositoryScope(repository: string, access: Access): string {
  return `repository:${repository}:${access}`;
}

/** Scopes in their order, their actions in one order; one that covers another takes its place. */
export function mergeScopes(scopes: readonly string[]): string[] {
  const merged: string[] = [];
  for (const scope of scopes.map(sortActions)) {
    if (merged.some((other) => covers([other], [scope]))) continue;
    const weaker = merged.findIndex((other) => covers([scope], [other]));
    merged.splice(weaker < 0 ? merged.length : weaker, 1, scope);
  }
  return merged;
}

/** Says whether what was granted for some scopes is enough for others. */
export function covers(granted: readonly string[], wanted: readonly string[]): boolean {
  const grants = new Set(granted.flatMap(singleActions));
  return wanted.flatMap(singleActions).every((action) => grants.has(action));
}

function sortActions(scope: string): string {
  const colon = scope.lastIndexOf(":") + 1;
  const actions = scope.slice(colon).split(",");
  const known = ACTIONS.filter((action) => actions.includes(action));
  const others = actions.filter((action) => !ACTIONS.includes(action)).sort();
  return scope.slice(0, colon) + [...known, ...others].join(",");
}

function singleActions(scope: string): string[] {
  const colon = scope.lastIndexOf(":");
  const subject = scope.slice(0, colon);
  return scope.slice(colon + 1).split(",").map((action) => `${subject}:${action}`);
}
