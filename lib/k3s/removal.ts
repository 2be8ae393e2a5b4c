import type { Creation, Operation } from "./operation.ts";

/**
 * The operations that remove things: containers with their anonymous volumes first, then volumes
 * and networks at the same time.
 */
export function removalsOf(things: readonly Creation[]): readonly (readonly Operation[])[] {
  const named = (kind: Creation["kind"]) => [
    ...new Set(things.filter((thing) => thing.kind === kind).map(({ name }) => name)),
  ];
  const [containers, volumes, networks] = [named("container"), named("volume"), named("network")];
  return [
    ...(containers.length === 0 ? [] : [[remove(["rm", "--force", "--volumes"], containers)]]),
    [
      ...(volumes.length === 0 ? [] : [remove(["volume", "rm", "--force"], volumes)]),
      ...(networks.length === 0 ? [] : [remove(["network", "rm"], networks)]),
    ],
  ];
}

function remove(words: readonly string[], names: readonly string[]): Operation {
  return { act: `remove "${names.join('", "')}"`, args: [...words, ...names] };
}
