import type { Connection, Creation, Operation, Thing } from "./operation.ts";

/**
 * The operations that remove things: containers with their anonymous volumes first, and others out
 * of their networks; then volumes and networks at the same time.
 */
export function removalsOf(things: readonly Creation[]): readonly (readonly Operation[])[] {
  const named = (kind: Thing["kind"]) => [
    ...new Set(things.filter((thing) => thing.kind === kind).map(({ name }) => name)),
  ];
  const [containers, volumes, networks] = [named("container"), named("volume"), named("network")];
  const connections = things.filter((thing) => thing.kind === "connection")
    .filter(({ name }) => !containers.includes(name));
  return [
    [
      ...(containers.length === 0 ? [] : [remove(["rm", "--force", "--volumes"], containers)]),
      ...connections.map(disconnect),
    ],
    [
      ...(volumes.length === 0 ? [] : [remove(["volume", "rm", "--force"], volumes)]),
      ...(networks.length === 0 ? [] : [remove(["network", "rm"], networks)]),
    ],
  ];
}

function remove(words: readonly string[], names: readonly string[]): Operation {
  return { act: `remove "${names.join('", "')}"`, args: [...words, ...names] };
}

function disconnect({ name, network }: Connection): Operation {
  return {
    act: `take "${name}" out of network "${network}"`,
    args: ["network", "disconnect", "--force", network, name],
  };
}
