/** The floors of the house, from the ground up: a room imports itself and the floors below it. */
export const FLOORS: readonly (readonly string[])[] = [
  ["errors"],
  ["oci", "yaml"],
  ["stream", "tar"],
  ["layer"],
  ["image"],
  ["store"],
  ["layout", "archive", "artifact", "registry", "server", "docker", "inspect", "kubernetes"],
  ["k3s", "doctor", "mirrors"],
  ["places"],
  ["compose", "sync"],
  ["dev"],
];

/** The imports that the floors forbid and that are wanted all the same, each with its reason. */
export const EXCEPTIONS: readonly { from: string; to: string; reason: string }[] = [
  {
    from: "docker",
    to: "archive",
    reason: "the engine speaks docker save and docker load, whose format is the archive's",
  },
  {
    from: "server",
    to: "layout",
    reason: "a registry on disk is an OCI layout for each repository",
  },
];

/** The rooms that may use the packages of `deno.json`, which they load lazily. */
export const THIRD_PARTY_ROOMS: readonly string[] = ["yaml", "k3s", "mirrors", "compose", "sync"];

/** Returns the room that a file of `lib/` belongs to, or `undefined` for a file outside of it. */
export function roomOf(path: string): string | undefined {
  return /\/lib\/([^/]+?)(?:\.ts)?(?:\/|$)/.exec(path)?.[1];
}

/** Returns why room `from` may not import room `to`, or `undefined` when it may. */
export function forbids(from: string, to: string): string | undefined {
  if (from === to) return undefined;
  if (EXCEPTIONS.some((exception) => exception.from === from && exception.to === to)) {
    return undefined;
  }
  const [own, other] = [floorOf(from), floorOf(to)];
  if (own < 0) return `room "${from}" is on no floor: add it to scripts/dev/floors.ts`;
  if (other < 0) return `room "${to}" is on no floor: add it to scripts/dev/floors.ts`;
  if (other < own) return undefined;
  return other === own
    ? `"${from}" and "${to}" are on the same floor and never import each other`
    : `"${to}" is above "${from}"`;
}

function floorOf(room: string): number {
  return FLOORS.findIndex((floor) => floor.includes(room));
}
