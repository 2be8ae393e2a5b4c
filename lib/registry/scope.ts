/** What may be done in a repository, in the words of token services. */
export type Access = "pull" | "pull,push" | "pull,push,delete";

/** The scope that lists a registry's repositories. */
export const CATALOG_SCOPE = "registry:catalog:*";

/** The scope of access to a repository. */
export function repositoryScope(repository: string, access: Access): string {
  return `repository:${repository}:${access}`;
}

/** Scopes in their order; one that covers another takes its place. */
export function mergeScopes(scopes: readonly string[]): string[] {
  const merged: string[] = [];
  for (const scope of scopes) {
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

function singleActions(scope: string): string[] {
  const colon = scope.lastIndexOf(":");
  const subject = scope.slice(0, colon);
  return scope.slice(colon + 1).split(",").map((action) => `${subject}:${action}`);
}
