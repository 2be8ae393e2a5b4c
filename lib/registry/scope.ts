/** What may be done in a repository, in the words of token services. */
export type Access = "pull" | "pull,push" | "pull,push,delete";

/** The scope that lists a registry's repositories. */
export const CATALOG_SCOPE = "registry:catalog:*";

/** The scope of access to a repository. */
export function repositoryScope(repository: string, access: Access): string {
  return `repository:${repository}:${access}`;
}

/** Scopes in their order, without those that another one covers. */
export function mergeScopes(scopes: readonly string[]): string[] {
  const distinct = [...new Set(scopes)];
  return distinct.filter((scope) =>
    !distinct.some((other) => other !== scope && covers([other], [scope]))
  );
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
